/**
 * Columns of pg_catalog relations that are always empty here, but that clients read.
 * Letters of the types: o oid, b boolean, t text, n name, 8 4 2 integers, c "char", p regproc, z timestamptz, i interval,
 * f d floats, y regtype, a bytea; [] an array. Types that Millrace lacks are shown as text.
 * Source: the catalogs of PostgreSQL 15.
 */
export const PG_EMPTY_COLUMNS: Readonly<Record<string, readonly [oid: number, columns: string]>> = {
  pg_aggregate: [
    2600,
    `aggfnoid:p aggkind:c aggnumdirectargs:2 aggtransfn:p aggfinalfn:p aggcombinefn:p aggserialfn:p aggdeserialfn:p
    aggmtransfn:p aggminvtransfn:p aggmfinalfn:p aggfinalextra:b aggmfinalextra:b aggfinalmodify:c
    aggmfinalmodify:c aggsortop:o aggtranstype:o aggtransspace:4 aggmtranstype:o aggmtransspace:4 agginitval:t
    aggminitval:t`,
  ],
  pg_amop: [
    2602,
    `oid:o amopfamily:o amoplefttype:o amoprighttype:o amopstrategy:2 amoppurpose:c amopopr:o amopmethod:o
    amopsortfamily:o`,
  ],
  pg_amproc: [2603, 'oid:o amprocfamily:o amproclefttype:o amprocrighttype:o amprocnum:2 amproc:p'],
  pg_auth_members: [1261, 'roleid:o member:o grantor:o admin_option:b'],
  pg_available_extensions: [12081, 'name:n default_version:t installed_version:t comment:t'],
  pg_cast: [2605, 'oid:o castsource:o casttarget:o castfunc:o castcontext:c castmethod:c'],
  pg_conversion: [2607, 'oid:o conname:n connamespace:o conowner:o conforencoding:4 contoencoding:4 conproc:p condefault:b'],
  pg_db_role_setting: [2964, 'setdatabase:o setrole:o setconfig:t[]'],
  pg_default_acl: [826, 'oid:o defaclrole:o defaclnamespace:o defaclobjtype:c defaclacl:t[]'],
  pg_enum: [3501, 'oid:o enumtypid:o enumsortorder:f enumlabel:n'],
  pg_event_trigger: [3466, 'oid:o evtname:n evtevent:n evtowner:o evtfoid:o evtenabled:c evttags:t[]'],
  pg_extension: [3079, 'oid:o extname:n extowner:o extnamespace:o extrelocatable:b extversion:t extconfig:o[] extcondition:t[]'],
  pg_file_settings: [12110, 'sourcefile:t sourceline:4 seqno:4 name:t setting:t applied:b error:t'],
  pg_foreign_data_wrapper: [2328, 'oid:o fdwname:n fdwowner:o fdwhandler:o fdwvalidator:o fdwacl:t[] fdwoptions:t[]'],
  pg_foreign_server: [1417, 'oid:o srvname:n srvowner:o srvfdw:o srvtype:t srvversion:t srvacl:t[] srvoptions:t[]'],
  pg_foreign_table: [3118, 'ftrelid:o ftserver:o ftoptions:t[]'],
  pg_group: [12010, 'groname:n grosysid:o grolist:o[]'],
  pg_hba_file_rules: [12114, 'line_number:4 type:t database:t[] user_name:t[] address:t netmask:t auth_method:t options:t[] error:t'],
  pg_inherits: [2611, 'inhrelid:o inhparent:o inhseqno:4 inhdetachpending:b'],
  pg_init_privs: [3394, 'objoid:o classoid:o objsubid:4 privtype:c initprivs:t[]'],
  pg_largeobject_metadata: [2995, 'oid:o lomowner:o lomacl:t[]'],
  pg_locks: [
    12073,
    `locktype:t database:o relation:o page:4 tuple:2 virtualxid:t transactionid:8 classid:o objid:o objsubid:2
    virtualtransaction:t pid:4 mode:t granted:b fastpath:b waitstart:z`,
  ],
  pg_opclass: [2616, 'oid:o opcmethod:o opcname:n opcnamespace:o opcowner:o opcfamily:o opcintype:o opcdefault:b opckeytype:o'],
  pg_operator: [
    2617,
    `oid:o oprname:n oprnamespace:o oprowner:o oprkind:c oprcanmerge:b oprcanhash:b oprleft:o oprright:o
    oprresult:o oprcom:o oprnegate:o oprcode:p oprrest:p oprjoin:p`,
  ],
  pg_opfamily: [2753, 'oid:o opfmethod:o opfname:n opfnamespace:o opfowner:o'],
  pg_partitioned_table: [3350, 'partrelid:o partstrat:c partnatts:2 partdefid:o partattrs:2[] partclass:o[] partcollation:o[] partexprs:t'],
  pg_policy: [3256, 'oid:o polname:n polrelid:o polcmd:c polpermissive:b polroles:o[] polqual:t polwithcheck:t'],
  pg_prepared_statements: [12095, 'name:t statement:t prepare_time:z parameter_types:y[] from_sql:b generic_plans:8 custom_plans:8'],
  pg_prepared_xacts: [12090, 'transaction:8 gid:t prepared:z owner:n database:n'],
  pg_publication: [6104, 'oid:o pubname:n pubowner:o puballtables:b pubinsert:b pubupdate:b pubdelete:b pubtruncate:b pubviaroot:b'],
  pg_publication_namespace: [6237, 'oid:o pnpubid:o pnnspid:o'],
  pg_publication_rel: [6106, 'oid:o prpubid:o prrelid:o prqual:t prattrs:2[]'],
  pg_publication_tables: [12068, 'pubname:n schemaname:n tablename:n attnames:n[] rowfilter:t'],
  pg_replication_slots: [
    12257,
    `slot_name:n plugin:n slot_type:t datoid:o database:n temporary:b active:b active_pid:4 xmin:8 catalog_xmin:8
    restart_lsn:t confirmed_flush_lsn:t wal_status:t safe_wal_size:8 two_phase:b`,
  ],
  pg_rewrite: [2618, 'oid:o rulename:n ev_class:o ev_type:c ev_enabled:c is_instead:b ev_qual:t ev_action:t'],
  pg_rules: [12023, 'schemaname:n tablename:n rulename:n definition:t'],
  pg_seclabel: [3596, 'objoid:o classoid:o objsubid:4 provider:t label:t'],
  pg_seclabels: [12099, 'objoid:o classoid:o objsubid:4 objtype:t objnamespace:o objname:t provider:t label:t'],
  pg_sequence: [2224, 'seqrelid:o seqtypid:o seqstart:8 seqincrement:8 seqmax:8 seqmin:8 seqcache:8 seqcycle:b'],
  pg_sequences: [
    12048,
    `schemaname:n sequencename:n sequenceowner:n data_type:y start_value:8 min_value:8 max_value:8 increment_by:8
    cycle:b cache_size:8 last_value:8`,
  ],
  pg_shdepend: [1214, 'dbid:o classid:o objid:o objsubid:4 refclassid:o refobjid:o deptype:c'],
  pg_shdescription: [2396, 'objoid:o classoid:o description:t'],
  pg_stat_database: [
    12266,
    `datid:o datname:n numbackends:4 xact_commit:8 xact_rollback:8 blks_read:8 blks_hit:8 tup_returned:8
    tup_fetched:8 tup_inserted:8 tup_updated:8 tup_deleted:8 conflicts:8 temp_files:8 temp_bytes:8 deadlocks:8
    checksum_failures:8 checksum_last_failure:z blk_read_time:d blk_write_time:d session_time:d active_time:d
    idle_in_transaction_time:d sessions:8 sessions_abandoned:8 sessions_fatal:8 sessions_killed:8 stats_reset:z`,
  ],
  pg_stat_replication: [
    12227,
    `pid:4 usesysid:o usename:n application_name:t client_addr:t client_hostname:t client_port:4 backend_start:z
    backend_xmin:8 state:t sent_lsn:t write_lsn:t flush_lsn:t replay_lsn:t write_lag:i flush_lag:i replay_lag:i
    sync_priority:4 sync_state:t reply_time:z`,
  ],
  pg_stat_user_indexes: [12192, 'relid:o indexrelid:o schemaname:n relname:n indexrelname:n idx_scan:8 idx_tup_read:8 idx_tup_fetch:8'],
  pg_statio_user_tables: [
    12179,
    `relid:o schemaname:n relname:n heap_blks_read:8 heap_blks_hit:8 idx_blks_read:8 idx_blks_hit:8
    toast_blks_read:8 toast_blks_hit:8 tidx_blks_read:8 tidx_blks_hit:8`,
  ],
  pg_statistic_ext: [3381, 'oid:o stxrelid:o stxname:n stxnamespace:o stxowner:o stxstattarget:4 stxkeys:2[] stxkind:c[] stxexprs:t'],
  pg_statistic_ext_data: [3429, 'stxoid:o stxdinherit:b stxdndistinct:t stxddependencies:t stxdmcv:t stxdexpr:t'],
  pg_stats: [
    12053,
    `schemaname:n tablename:n attname:n inherited:b null_frac:f avg_width:4 n_distinct:f most_common_vals:t
    most_common_freqs:f[] histogram_bounds:t correlation:f most_common_elems:t most_common_elem_freqs:f[]
    elem_count_histogram:f[]`,
  ],
  pg_subscription: [
    6100,
    `oid:o subdbid:o subskiplsn:t subname:n subowner:o subenabled:b subbinary:b substream:b subtwophasestate:c
    subdisableonerr:b subconninfo:t subslotname:n subsynccommit:t subpublications:t[]`,
  ],
  pg_timezone_abbrevs: [12122, 'abbrev:t utc_offset:i is_dst:b'],
  pg_timezone_names: [12126, 'name:t abbrev:t utc_offset:i is_dst:b'],
  pg_transform: [3576, 'oid:o trftype:o trflang:o trffromsql:p trftosql:p'],
  pg_trigger: [
    2620,
    `oid:o tgrelid:o tgparentid:o tgname:n tgfoid:o tgtype:2 tgenabled:c tgisinternal:b tgconstrrelid:o
    tgconstrindid:o tgconstraint:o tgdeferrable:b tginitdeferred:b tgnargs:2 tgattr:2[] tgargs:a tgqual:t
    tgoldtable:n tgnewtable:n`,
  ],
  pg_ts_config: [3602, 'oid:o cfgname:n cfgnamespace:o cfgowner:o cfgparser:o'],
  pg_ts_dict: [3600, 'oid:o dictname:n dictnamespace:o dictowner:o dicttemplate:o dictinitoption:t'],
  pg_ts_parser: [3601, 'oid:o prsname:n prsnamespace:o prsstart:p prstoken:p prsend:p prsheadline:p prslextype:p'],
  pg_ts_template: [3764, 'oid:o tmplname:n tmplnamespace:o tmplinit:p tmpllexize:p'],
  pg_user_mappings: [12327, 'umid:o srvid:o srvname:n umuser:o usename:n umoptions:t[]'],
};
