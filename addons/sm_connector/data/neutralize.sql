-- a copy of the database neither reads from the real Silicon Master nor takes its files away
UPDATE sm_backend SET drop_folder = NULL, archive_folder = NULL;
UPDATE sm_feed SET auth_secret = NULL, sql_password = NULL, sql_host = NULL, url = NULL;
