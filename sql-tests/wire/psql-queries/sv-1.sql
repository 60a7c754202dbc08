SELECT 'v'::pg_catalog.regclass::pg_catalog.oid
