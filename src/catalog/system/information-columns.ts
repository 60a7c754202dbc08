/**
 * Columns of the information_schema.
 * Letters of the types: o oid, b boolean, t text, n name, 8 4 2 integers, c "char", p regproc, z timestamptz, i interval,
 * f d floats, y regtype, a bytea; [] an array. Types that Millrace lacks are shown as text.
 * Source: the catalogs of PostgreSQL 15.
 */
export const INFORMATION_COLUMNS: Readonly<Record<string, readonly [oid: number, columns: string]>> = {
  applicable_roles: [13236, 'grantee:n role_name:n is_grantable:t'],
  character_sets: [
    13250,
    `character_set_catalog:n character_set_schema:n character_set_name:n character_repertoire:n form_of_use:n
    default_collate_catalog:n default_collate_schema:n default_collate_name:n`,
  ],
  check_constraints: [13260, 'constraint_catalog:n constraint_schema:n constraint_name:n check_clause:t'],
  collations: [13265, 'collation_catalog:n collation_schema:n collation_name:n pad_attribute:t'],
  column_privileges: [13285, 'grantor:n grantee:n table_catalog:n table_schema:n table_name:n column_name:n privilege_type:t is_grantable:t'],
  columns: [
    13295,
    `table_catalog:n table_schema:n table_name:n column_name:n ordinal_position:4 column_default:t is_nullable:t
    data_type:t character_maximum_length:4 character_octet_length:4 numeric_precision:4 numeric_precision_radix:4
    numeric_scale:4 datetime_precision:4 interval_type:t interval_precision:4 character_set_catalog:n
    character_set_schema:n character_set_name:n collation_catalog:n collation_schema:n collation_name:n
    domain_catalog:n domain_schema:n domain_name:n udt_catalog:n udt_schema:n udt_name:n scope_catalog:n
    scope_schema:n scope_name:n maximum_cardinality:4 dtd_identifier:n is_self_referencing:t is_identity:t
    identity_generation:t identity_start:t identity_increment:t identity_maximum:t identity_minimum:t
    identity_cycle:t is_generated:t generation_expression:t is_updatable:t`,
  ],
  constraint_column_usage: [
    13300,
    `table_catalog:n table_schema:n table_name:n column_name:n constraint_catalog:n constraint_schema:n
    constraint_name:n`,
  ],
  domains: [
    13320,
    `domain_catalog:n domain_schema:n domain_name:n data_type:t character_maximum_length:4 character_octet_length:4
    character_set_catalog:n character_set_schema:n character_set_name:n collation_catalog:n collation_schema:n
    collation_name:n numeric_precision:4 numeric_precision_radix:4 numeric_scale:4 datetime_precision:4
    interval_type:t interval_precision:4 domain_default:t udt_catalog:n udt_schema:n udt_name:n scope_catalog:n
    scope_schema:n scope_name:n maximum_cardinality:4 dtd_identifier:n`,
  ],
  element_types: [
    13493,
    `object_catalog:n object_schema:n object_name:n object_type:t collection_type_identifier:n data_type:t
    character_maximum_length:4 character_octet_length:4 character_set_catalog:n character_set_schema:n
    character_set_name:n collation_catalog:n collation_schema:n collation_name:n numeric_precision:4
    numeric_precision_radix:4 numeric_scale:4 datetime_precision:4 interval_type:t interval_precision:4
    domain_default:t udt_catalog:n udt_schema:n udt_name:n scope_catalog:n scope_schema:n scope_name:n
    maximum_cardinality:4 dtd_identifier:n`,
  ],
  enabled_roles: [13325, 'role_name:n'],
  information_schema_catalog_name: [13227, 'catalog_name:n'],
  key_column_usage: [
    13329,
    `constraint_catalog:n constraint_schema:n constraint_name:n table_catalog:n table_schema:n table_name:n
    column_name:n ordinal_position:4 position_in_unique_constraint:4`,
  ],
  parameters: [
    13334,
    `specific_catalog:n specific_schema:n specific_name:n ordinal_position:4 parameter_mode:t is_result:t
    as_locator:t parameter_name:n data_type:t character_maximum_length:4 character_octet_length:4
    character_set_catalog:n character_set_schema:n character_set_name:n collation_catalog:n collation_schema:n
    collation_name:n numeric_precision:4 numeric_precision_radix:4 numeric_scale:4 datetime_precision:4
    interval_type:t interval_precision:4 udt_catalog:n udt_schema:n udt_name:n scope_catalog:n scope_schema:n
    scope_name:n maximum_cardinality:4 dtd_identifier:n parameter_default:t`,
  ],
  referential_constraints: [
    13339,
    `constraint_catalog:n constraint_schema:n constraint_name:n unique_constraint_catalog:n
    unique_constraint_schema:n unique_constraint_name:n match_option:t update_rule:t delete_rule:t`,
  ],
  routines: [
    13377,
    `specific_catalog:n specific_schema:n specific_name:n routine_catalog:n routine_schema:n routine_name:n
    routine_type:t module_catalog:n module_schema:n module_name:n udt_catalog:n udt_schema:n udt_name:n
    data_type:t character_maximum_length:4 character_octet_length:4 character_set_catalog:n character_set_schema:n
    character_set_name:n collation_catalog:n collation_schema:n collation_name:n numeric_precision:4
    numeric_precision_radix:4 numeric_scale:4 datetime_precision:4 interval_type:t interval_precision:4
    type_udt_catalog:n type_udt_schema:n type_udt_name:n scope_catalog:n scope_schema:n scope_name:n
    maximum_cardinality:4 dtd_identifier:n routine_body:t routine_definition:t external_name:t external_language:t
    parameter_style:t is_deterministic:t sql_data_access:t is_null_call:t sql_path:t schema_level_routine:t
    max_dynamic_result_sets:4 is_user_defined_cast:t is_implicitly_invocable:t security_type:t
    to_sql_specific_catalog:n to_sql_specific_schema:n to_sql_specific_name:n as_locator:t created:z
    last_altered:z new_savepoint_level:t is_udt_dependent:t result_cast_from_data_type:t result_cast_as_locator:t
    result_cast_char_max_length:4 result_cast_char_octet_length:4 result_cast_char_set_catalog:n
    result_cast_char_set_schema:n result_cast_char_set_name:n result_cast_collation_catalog:n
    result_cast_collation_schema:n result_cast_collation_name:n result_cast_numeric_precision:4
    result_cast_numeric_precision_radix:4 result_cast_numeric_scale:4 result_cast_datetime_precision:4
    result_cast_interval_type:t result_cast_interval_precision:4 result_cast_type_udt_catalog:n
    result_cast_type_udt_schema:n result_cast_type_udt_name:n result_cast_scope_catalog:n
    result_cast_scope_schema:n result_cast_scope_name:n result_cast_maximum_cardinality:4
    result_cast_dtd_identifier:n`,
  ],
  schemata: [
    13382,
    `catalog_name:n schema_name:n schema_owner:n default_character_set_catalog:n default_character_set_schema:n
    default_character_set_name:n sql_path:t`,
  ],
  sequences: [
    13386,
    `sequence_catalog:n sequence_schema:n sequence_name:n data_type:t numeric_precision:4 numeric_precision_radix:4
    numeric_scale:4 start_value:t minimum_value:t maximum_value:t increment:t cycle_option:t`,
  ],
  table_constraints: [
    13411,
    `constraint_catalog:n constraint_schema:n constraint_name:n table_catalog:n table_schema:n table_name:n
    constraint_type:t is_deferrable:t initially_deferred:t enforced:t nulls_distinct:t`,
  ],
  table_privileges: [
    13416,
    `grantor:n grantee:n table_catalog:n table_schema:n table_name:n privilege_type:t is_grantable:t
    with_hierarchy:t`,
  ],
  tables: [
    13425,
    `table_catalog:n table_schema:n table_name:n table_type:t self_referencing_column_name:n reference_generation:t
    user_defined_type_catalog:n user_defined_type_schema:n user_defined_type_name:n is_insertable_into:t
    is_typed:t commit_action:t`,
  ],
  triggers: [
    13440,
    `trigger_catalog:n trigger_schema:n trigger_name:n event_manipulation:t event_object_catalog:n
    event_object_schema:n event_object_table:n action_order:4 action_condition:t action_statement:t
    action_orientation:t action_timing:t action_reference_old_table:n action_reference_new_table:n
    action_reference_old_row:n action_reference_new_row:n created:z`,
  ],
  user_defined_types: [
    13463,
    `user_defined_type_catalog:n user_defined_type_schema:n user_defined_type_name:n user_defined_type_category:t
    is_instantiable:t is_final:t ordering_form:t ordering_category:t ordering_routine_catalog:n
    ordering_routine_schema:n ordering_routine_name:n reference_type:t data_type:t character_maximum_length:4
    character_octet_length:4 character_set_catalog:n character_set_schema:n character_set_name:n
    collation_catalog:n collation_schema:n collation_name:n numeric_precision:4 numeric_precision_radix:4
    numeric_scale:4 datetime_precision:4 interval_type:t interval_precision:4 source_dtd_identifier:n
    ref_dtd_identifier:n`,
  ],
  views: [
    13483,
    `table_catalog:n table_schema:n table_name:n view_definition:t check_option:t is_updatable:t
    is_insertable_into:t is_trigger_updatable:t is_trigger_deletable:t is_trigger_insertable_into:t`,
  ],
};
