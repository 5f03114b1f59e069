-- a copy of the database neither reads nor writes on the real channels
UPDATE omni_channel SET is_enabled = false, secret = NULL;
-- what was about to leave must not leave from a copy
UPDATE omni_message SET state = 'cancelled', next_try = NULL
 WHERE state IN ('queued', 'sending') OR (state = 'uncertain' AND next_try IS NOT NULL);
-- and nobody on the outside can reach it by the address of the original
UPDATE omni_channel SET webhook_token = md5(random()::text || id::text) || md5(random()::text);
-- nor does it show customers beside real conversations
UPDATE omni_channel SET panel_secret = NULL,
       panel_token = md5(random()::text || id::text) || md5(random()::text);
-- what is read once more starts from where it stands
UPDATE omni_folder SET cursor = NULL, is_dirty = false, reread_cursor = NULL, reread_from = NULL;
-- nor does it have a key to the mailboxes
UPDATE omni_outlook_account SET client_secret = NULL, private_key = NULL;
DELETE FROM omni_outlook_token WHERE channel_id IS NOT NULL;
UPDATE omni_outlook_token SET value = NULL, refresh = NULL;
UPDATE omni_folder SET outlook_subscription = NULL, outlook_subscription_expiry = NULL;
UPDATE omni_channel SET iadvize_password = NULL;
UPDATE omni_iadvize_token SET value = NULL;
UPDATE omni_channel SET messenger_page_token = NULL, messenger_app_secret = NULL, messenger_verify_token = NULL;
