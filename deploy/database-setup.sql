-- The roles and databases of IJAA, for psql 15 or later: what `ijaa db setup` does, as SQL.
-- Written by `ijaa db setup --dry-run`; name a module (users, events) to get its part alone, one per cluster.
--
-- Every password comes from the environment, and nothing is done while one is missing:
--
--   USERS_MIGRATOR_PASSWORD=… USERS_APP_PASSWORD=… USERS_BACKUP_PASSWORD=… USERS_MONITOR_PASSWORD=… … \
--     psql -X -f database-setup.sql postgresql://superuser@host:5432/postgres
--
-- Running it again changes nothing but the salt of the passwords. A server with log_statement = ddl would log
-- them: `ijaa db setup` sends SCRAM verifiers instead.
\set ON_ERROR_STOP on

-- ijaa_users
\getenv users_migrator_password USERS_MIGRATOR_PASSWORD
\getenv users_app_password USERS_APP_PASSWORD
\getenv users_backup_password USERS_BACKUP_PASSWORD
\getenv users_monitor_password USERS_MONITOR_PASSWORD
SELECT length(:'users_migrator_password') > 0 AS users_migrator_password, length(:'users_app_password') > 0 AS users_app_password, length(:'users_backup_password') > 0 AS users_backup_password, length(:'users_monitor_password') > 0 AS users_monitor_password;
SELECT current_setting('server_version_num')::int >= 170000 AS builtin, current_setting('server_version_num')::int < 170000 AS libc, current_database() AS here \gset
SELECT 'CREATE ROLE ijaa_users_owner NOLOGIN' WHERE NOT (EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_users_owner')) \gexec
SELECT 'CREATE ROLE ijaa_users_migrator LOGIN' WHERE NOT (EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_users_migrator')) \gexec
SELECT 'CREATE ROLE ijaa_users_app LOGIN' WHERE NOT (EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_users_app')) \gexec
SELECT 'CREATE ROLE ijaa_users_backup LOGIN' WHERE NOT (EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_users_backup')) \gexec
SELECT 'CREATE ROLE ijaa_users_monitor LOGIN' WHERE NOT (EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_users_monitor')) \gexec
SELECT 'GRANT ijaa_users_owner TO ijaa_users_migrator' WHERE NOT (EXISTS (SELECT FROM pg_auth_members WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = 'ijaa_users_owner') AND member = (SELECT oid FROM pg_roles WHERE rolname = 'ijaa_users_migrator'))) \gexec
SELECT 'GRANT ijaa_users_owner TO CURRENT_USER' WHERE NOT (pg_has_role(current_user, 'ijaa_users_owner', 'USAGE')) \gexec
\set ON_ERROR_STOP off
SELECT 'ALTER ROLE ijaa_users_backup REPLICATION' WHERE NOT (EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_users_backup' AND rolreplication)) \gexec
\set ON_ERROR_STOP on
\set ON_ERROR_STOP off
SELECT 'GRANT pg_read_all_data TO ijaa_users_backup' WHERE NOT (EXISTS (SELECT FROM pg_auth_members WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = 'pg_read_all_data') AND member = (SELECT oid FROM pg_roles WHERE rolname = 'ijaa_users_backup'))) \gexec
\set ON_ERROR_STOP on
\set ON_ERROR_STOP off
SELECT 'GRANT pg_monitor TO ijaa_users_monitor' WHERE NOT (EXISTS (SELECT FROM pg_auth_members WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = 'pg_monitor') AND member = (SELECT oid FROM pg_roles WHERE rolname = 'ijaa_users_monitor'))) \gexec
\set ON_ERROR_STOP on
\if :builtin
SELECT 'CREATE DATABASE ijaa_users OWNER ijaa_users_owner TEMPLATE template0 ENCODING ''UTF8'' LOCALE_PROVIDER builtin LOCALE ''C.UTF-8''' WHERE NOT (EXISTS (SELECT FROM pg_database WHERE datname = 'ijaa_users')) \gexec
\endif
\if :libc
SELECT 'CREATE DATABASE ijaa_users OWNER ijaa_users_owner TEMPLATE template0 ENCODING ''UTF8'' LOCALE_PROVIDER libc LOCALE ''C.UTF-8''' WHERE NOT (EXISTS (SELECT FROM pg_database WHERE datname = 'ijaa_users')) \gexec
\endif
SELECT 'ALTER DATABASE ijaa_users OWNER TO ijaa_users_owner' WHERE NOT (EXISTS (SELECT FROM pg_database WHERE datname = 'ijaa_users' AND datdba = 'ijaa_users_owner'::regrole)) \gexec
SELECT 'REVOKE ALL ON DATABASE ijaa_users FROM PUBLIC' WHERE NOT (NOT EXISTS (SELECT FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE d.datname = 'ijaa_users' AND a.grantee = 0)) \gexec
SELECT 'GRANT CONNECT ON DATABASE ijaa_users TO ijaa_users_app' WHERE NOT (has_database_privilege('ijaa_users_app', 'ijaa_users', 'CONNECT')) \gexec
SELECT 'GRANT CONNECT ON DATABASE ijaa_users TO ijaa_users_backup' WHERE NOT (has_database_privilege('ijaa_users_backup', 'ijaa_users', 'CONNECT')) \gexec
SELECT 'GRANT CONNECT ON DATABASE ijaa_users TO ijaa_users_monitor' WHERE NOT (has_database_privilege('ijaa_users_monitor', 'ijaa_users', 'CONNECT')) \gexec
SELECT 'ALTER ROLE ijaa_users_app SET statement_timeout = ''5s''' WHERE NOT (EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = 'ijaa_users_app'::regrole AND setdatabase = 0 AND lower('statement_timeout=5s') = ANY (lower(setconfig::text)::text[]))) \gexec
SELECT 'ALTER ROLE ijaa_users_app SET lock_timeout = ''2s''' WHERE NOT (EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = 'ijaa_users_app'::regrole AND setdatabase = 0 AND lower('lock_timeout=2s') = ANY (lower(setconfig::text)::text[]))) \gexec
SELECT 'ALTER ROLE ijaa_users_app SET idle_in_transaction_session_timeout = ''10s''' WHERE NOT (EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = 'ijaa_users_app'::regrole AND setdatabase = 0 AND lower('idle_in_transaction_session_timeout=10s') = ANY (lower(setconfig::text)::text[]))) \gexec
SELECT 'ALTER ROLE ijaa_users_app SET timezone = ''UTC''' WHERE NOT (EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = 'ijaa_users_app'::regrole AND setdatabase = 0 AND lower('timezone=UTC') = ANY (lower(setconfig::text)::text[]))) \gexec
SELECT 'ALTER ROLE ijaa_users_migrator IN DATABASE ijaa_users SET role = ''ijaa_users_owner''' WHERE NOT (EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = 'ijaa_users_migrator'::regrole AND setdatabase = (SELECT oid FROM pg_database WHERE datname = 'ijaa_users') AND lower('role=ijaa_users_owner') = ANY (lower(setconfig::text)::text[]))) \gexec
SET password_encryption = 'scram-sha-256';
ALTER ROLE ijaa_users_migrator PASSWORD :'users_migrator_password';
ALTER ROLE ijaa_users_app PASSWORD :'users_app_password';
ALTER ROLE ijaa_users_backup PASSWORD :'users_backup_password';
ALTER ROLE ijaa_users_monitor PASSWORD :'users_monitor_password';
\connect ijaa_users
SELECT 'CREATE EXTENSION pg_trgm SCHEMA public' WHERE NOT (EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')) \gexec
SELECT 'CREATE EXTENSION unaccent SCHEMA public' WHERE NOT (EXISTS (SELECT FROM pg_extension WHERE extname = 'unaccent')) \gexec
SELECT 'CREATE EXTENSION btree_gin SCHEMA public' WHERE NOT (EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gin')) \gexec
\set ON_ERROR_STOP off
SELECT 'CREATE EXTENSION pg_stat_statements SCHEMA public' WHERE NOT (EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements') OR NOT EXISTS (SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max')) \gexec
\set ON_ERROR_STOP on
SELECT 'REVOKE ALL ON SCHEMA public FROM PUBLIC' WHERE NOT (NOT EXISTS (SELECT FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'public' AND a.grantee = 0)) \gexec
SELECT 'GRANT USAGE ON SCHEMA public TO ijaa_users_app' WHERE NOT (has_schema_privilege('ijaa_users_app', 'public', 'USAGE')) \gexec
SELECT 'GRANT USAGE ON SCHEMA public TO ijaa_users_backup' WHERE NOT (has_schema_privilege('ijaa_users_backup', 'public', 'USAGE')) \gexec
SELECT 'GRANT USAGE ON SCHEMA public TO ijaa_users_monitor' WHERE NOT (has_schema_privilege('ijaa_users_monitor', 'public', 'USAGE')) \gexec
SELECT 'ALTER DEFAULT PRIVILEGES FOR ROLE ijaa_users_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ijaa_users_app' WHERE NOT ((SELECT count(*) = 4 FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE d.defaclrole = 'ijaa_users_owner'::regrole AND d.defaclnamespace = 'public'::regnamespace AND d.defaclobjtype = 'r' AND a.grantee = 'ijaa_users_app'::regrole AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))) \gexec
SELECT 'ALTER DEFAULT PRIVILEGES FOR ROLE ijaa_users_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO ijaa_users_app' WHERE NOT ((SELECT count(*) = 2 FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE d.defaclrole = 'ijaa_users_owner'::regrole AND d.defaclnamespace = 'public'::regnamespace AND d.defaclobjtype = 'S' AND a.grantee = 'ijaa_users_app'::regrole AND a.privilege_type IN ('USAGE', 'SELECT'))) \gexec
SELECT 'ALTER DEFAULT PRIVILEGES FOR ROLE ijaa_users_owner IN SCHEMA public GRANT SELECT ON TABLES TO ijaa_users_backup' WHERE NOT ((SELECT count(*) = 1 FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE d.defaclrole = 'ijaa_users_owner'::regrole AND d.defaclnamespace = 'public'::regnamespace AND d.defaclobjtype = 'r' AND a.grantee = 'ijaa_users_backup'::regrole AND a.privilege_type IN ('SELECT'))) \gexec
SELECT 'ALTER DEFAULT PRIVILEGES FOR ROLE ijaa_users_owner IN SCHEMA public GRANT SELECT ON SEQUENCES TO ijaa_users_backup' WHERE NOT ((SELECT count(*) = 1 FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE d.defaclrole = 'ijaa_users_owner'::regrole AND d.defaclnamespace = 'public'::regnamespace AND d.defaclobjtype = 'S' AND a.grantee = 'ijaa_users_backup'::regrole AND a.privilege_type IN ('SELECT'))) \gexec
\connect :here

-- ijaa_events
\getenv events_migrator_password EVENTS_MIGRATOR_PASSWORD
\getenv events_app_password EVENTS_APP_PASSWORD
\getenv events_backup_password EVENTS_BACKUP_PASSWORD
\getenv events_monitor_password EVENTS_MONITOR_PASSWORD
SELECT length(:'events_migrator_password') > 0 AS events_migrator_password, length(:'events_app_password') > 0 AS events_app_password, length(:'events_backup_password') > 0 AS events_backup_password, length(:'events_monitor_password') > 0 AS events_monitor_password;
SELECT current_setting('server_version_num')::int >= 170000 AS builtin, current_setting('server_version_num')::int < 170000 AS libc, current_database() AS here \gset
SELECT 'CREATE ROLE ijaa_events_owner NOLOGIN' WHERE NOT (EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_events_owner')) \gexec
SELECT 'CREATE ROLE ijaa_events_migrator LOGIN' WHERE NOT (EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_events_migrator')) \gexec
SELECT 'CREATE ROLE ijaa_events_app LOGIN' WHERE NOT (EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_events_app')) \gexec
SELECT 'CREATE ROLE ijaa_events_backup LOGIN' WHERE NOT (EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_events_backup')) \gexec
SELECT 'CREATE ROLE ijaa_events_monitor LOGIN' WHERE NOT (EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_events_monitor')) \gexec
SELECT 'GRANT ijaa_events_owner TO ijaa_events_migrator' WHERE NOT (EXISTS (SELECT FROM pg_auth_members WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = 'ijaa_events_owner') AND member = (SELECT oid FROM pg_roles WHERE rolname = 'ijaa_events_migrator'))) \gexec
SELECT 'GRANT ijaa_events_owner TO CURRENT_USER' WHERE NOT (pg_has_role(current_user, 'ijaa_events_owner', 'USAGE')) \gexec
\set ON_ERROR_STOP off
SELECT 'ALTER ROLE ijaa_events_backup REPLICATION' WHERE NOT (EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_events_backup' AND rolreplication)) \gexec
\set ON_ERROR_STOP on
\set ON_ERROR_STOP off
SELECT 'GRANT pg_read_all_data TO ijaa_events_backup' WHERE NOT (EXISTS (SELECT FROM pg_auth_members WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = 'pg_read_all_data') AND member = (SELECT oid FROM pg_roles WHERE rolname = 'ijaa_events_backup'))) \gexec
\set ON_ERROR_STOP on
\set ON_ERROR_STOP off
SELECT 'GRANT pg_monitor TO ijaa_events_monitor' WHERE NOT (EXISTS (SELECT FROM pg_auth_members WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = 'pg_monitor') AND member = (SELECT oid FROM pg_roles WHERE rolname = 'ijaa_events_monitor'))) \gexec
\set ON_ERROR_STOP on
\if :builtin
SELECT 'CREATE DATABASE ijaa_events OWNER ijaa_events_owner TEMPLATE template0 ENCODING ''UTF8'' LOCALE_PROVIDER builtin LOCALE ''C.UTF-8''' WHERE NOT (EXISTS (SELECT FROM pg_database WHERE datname = 'ijaa_events')) \gexec
\endif
\if :libc
SELECT 'CREATE DATABASE ijaa_events OWNER ijaa_events_owner TEMPLATE template0 ENCODING ''UTF8'' LOCALE_PROVIDER libc LOCALE ''C.UTF-8''' WHERE NOT (EXISTS (SELECT FROM pg_database WHERE datname = 'ijaa_events')) \gexec
\endif
SELECT 'ALTER DATABASE ijaa_events OWNER TO ijaa_events_owner' WHERE NOT (EXISTS (SELECT FROM pg_database WHERE datname = 'ijaa_events' AND datdba = 'ijaa_events_owner'::regrole)) \gexec
SELECT 'REVOKE ALL ON DATABASE ijaa_events FROM PUBLIC' WHERE NOT (NOT EXISTS (SELECT FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE d.datname = 'ijaa_events' AND a.grantee = 0)) \gexec
SELECT 'GRANT CONNECT ON DATABASE ijaa_events TO ijaa_events_app' WHERE NOT (has_database_privilege('ijaa_events_app', 'ijaa_events', 'CONNECT')) \gexec
SELECT 'GRANT CONNECT ON DATABASE ijaa_events TO ijaa_events_backup' WHERE NOT (has_database_privilege('ijaa_events_backup', 'ijaa_events', 'CONNECT')) \gexec
SELECT 'GRANT CONNECT ON DATABASE ijaa_events TO ijaa_events_monitor' WHERE NOT (has_database_privilege('ijaa_events_monitor', 'ijaa_events', 'CONNECT')) \gexec
SELECT 'ALTER ROLE ijaa_events_app SET statement_timeout = ''5s''' WHERE NOT (EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = 'ijaa_events_app'::regrole AND setdatabase = 0 AND lower('statement_timeout=5s') = ANY (lower(setconfig::text)::text[]))) \gexec
SELECT 'ALTER ROLE ijaa_events_app SET lock_timeout = ''2s''' WHERE NOT (EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = 'ijaa_events_app'::regrole AND setdatabase = 0 AND lower('lock_timeout=2s') = ANY (lower(setconfig::text)::text[]))) \gexec
SELECT 'ALTER ROLE ijaa_events_app SET idle_in_transaction_session_timeout = ''10s''' WHERE NOT (EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = 'ijaa_events_app'::regrole AND setdatabase = 0 AND lower('idle_in_transaction_session_timeout=10s') = ANY (lower(setconfig::text)::text[]))) \gexec
SELECT 'ALTER ROLE ijaa_events_app SET timezone = ''UTC''' WHERE NOT (EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = 'ijaa_events_app'::regrole AND setdatabase = 0 AND lower('timezone=UTC') = ANY (lower(setconfig::text)::text[]))) \gexec
SELECT 'ALTER ROLE ijaa_events_migrator IN DATABASE ijaa_events SET role = ''ijaa_events_owner''' WHERE NOT (EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = 'ijaa_events_migrator'::regrole AND setdatabase = (SELECT oid FROM pg_database WHERE datname = 'ijaa_events') AND lower('role=ijaa_events_owner') = ANY (lower(setconfig::text)::text[]))) \gexec
SET password_encryption = 'scram-sha-256';
ALTER ROLE ijaa_events_migrator PASSWORD :'events_migrator_password';
ALTER ROLE ijaa_events_app PASSWORD :'events_app_password';
ALTER ROLE ijaa_events_backup PASSWORD :'events_backup_password';
ALTER ROLE ijaa_events_monitor PASSWORD :'events_monitor_password';
\connect ijaa_events
SELECT 'CREATE EXTENSION pg_trgm SCHEMA public' WHERE NOT (EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')) \gexec
SELECT 'CREATE EXTENSION unaccent SCHEMA public' WHERE NOT (EXISTS (SELECT FROM pg_extension WHERE extname = 'unaccent')) \gexec
SELECT 'CREATE EXTENSION btree_gin SCHEMA public' WHERE NOT (EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gin')) \gexec
\set ON_ERROR_STOP off
SELECT 'CREATE EXTENSION pg_stat_statements SCHEMA public' WHERE NOT (EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements') OR NOT EXISTS (SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max')) \gexec
\set ON_ERROR_STOP on
SELECT 'REVOKE ALL ON SCHEMA public FROM PUBLIC' WHERE NOT (NOT EXISTS (SELECT FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'public' AND a.grantee = 0)) \gexec
SELECT 'GRANT USAGE ON SCHEMA public TO ijaa_events_app' WHERE NOT (has_schema_privilege('ijaa_events_app', 'public', 'USAGE')) \gexec
SELECT 'GRANT USAGE ON SCHEMA public TO ijaa_events_backup' WHERE NOT (has_schema_privilege('ijaa_events_backup', 'public', 'USAGE')) \gexec
SELECT 'GRANT USAGE ON SCHEMA public TO ijaa_events_monitor' WHERE NOT (has_schema_privilege('ijaa_events_monitor', 'public', 'USAGE')) \gexec
SELECT 'ALTER DEFAULT PRIVILEGES FOR ROLE ijaa_events_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ijaa_events_app' WHERE NOT ((SELECT count(*) = 4 FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE d.defaclrole = 'ijaa_events_owner'::regrole AND d.defaclnamespace = 'public'::regnamespace AND d.defaclobjtype = 'r' AND a.grantee = 'ijaa_events_app'::regrole AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))) \gexec
SELECT 'ALTER DEFAULT PRIVILEGES FOR ROLE ijaa_events_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO ijaa_events_app' WHERE NOT ((SELECT count(*) = 2 FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE d.defaclrole = 'ijaa_events_owner'::regrole AND d.defaclnamespace = 'public'::regnamespace AND d.defaclobjtype = 'S' AND a.grantee = 'ijaa_events_app'::regrole AND a.privilege_type IN ('USAGE', 'SELECT'))) \gexec
SELECT 'ALTER DEFAULT PRIVILEGES FOR ROLE ijaa_events_owner IN SCHEMA public GRANT SELECT ON TABLES TO ijaa_events_backup' WHERE NOT ((SELECT count(*) = 1 FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE d.defaclrole = 'ijaa_events_owner'::regrole AND d.defaclnamespace = 'public'::regnamespace AND d.defaclobjtype = 'r' AND a.grantee = 'ijaa_events_backup'::regrole AND a.privilege_type IN ('SELECT'))) \gexec
SELECT 'ALTER DEFAULT PRIVILEGES FOR ROLE ijaa_events_owner IN SCHEMA public GRANT SELECT ON SEQUENCES TO ijaa_events_backup' WHERE NOT ((SELECT count(*) = 1 FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE d.defaclrole = 'ijaa_events_owner'::regrole AND d.defaclnamespace = 'public'::regnamespace AND d.defaclobjtype = 'S' AND a.grantee = 'ijaa_events_backup'::regrole AND a.privilege_type IN ('SELECT'))) \gexec
\connect :here
