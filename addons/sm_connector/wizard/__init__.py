from . import sm_accept, sm_feed_rows, sm_upload
