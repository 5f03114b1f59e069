-- a copy of the database neither calls anybody nor listens to the real telephone system
UPDATE threecx_pbx SET url = NULL, client_secret = NULL, listener_enabled = false, api_state = 'unknown';
UPDATE threecx_token SET value = NULL;
-- and the real telephone system cannot report to it
DELETE FROM res_users_apikeys WHERE scope = 'odoo.plugin.threecx';
