SELECT pg_catalog.pg_get_viewdef('{v}'::pg_catalog.oid, true);
