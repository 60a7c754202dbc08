SELECT kcu.column_name, tc.constraint_name, c.data_type, c.is_nullable FROM information_schema.table_constraints tc
JOIN information_schema.key_column_usage kcu USING (constraint_catalog, constraint_schema, constraint_name)
JOIN information_schema.columns c ON c.table_schema = kcu.table_schema AND c.table_name = kcu.table_name AND c.column_name = kcu.column_name
WHERE tc.constraint_type = 'PRIMARY KEY' AND tc.table_name = 't'
