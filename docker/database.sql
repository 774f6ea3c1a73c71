-- Run once, by the image of the database, as its superuser: the extension and the two roles.
-- The owner makes and changes tables; the application only reads and writes rows.
\getenv owner_password TANDEM_OWNER_PASSWORD
\getenv app_password TANDEM_APP_PASSWORD
CREATE ROLE tandem_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE tandem_app LOGIN PASSWORD :'app_password';
CREATE DATABASE tandem OWNER tandem_owner;
\connect tandem
CREATE EXTENSION vector;
ALTER DEFAULT PRIVILEGES FOR ROLE tandem_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tandem_app;
ALTER DEFAULT PRIVILEGES FOR ROLE tandem_owner GRANT USAGE ON SEQUENCES TO tandem_app;
