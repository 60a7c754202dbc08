SELECT pg_catalog.pg_get_viewdef('{mv}'::pg_catalog.oid, true);
