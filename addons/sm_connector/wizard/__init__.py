from . import base_partner_merge, sm_accept, sm_feed_rows, sm_match_by_hand, sm_upload
