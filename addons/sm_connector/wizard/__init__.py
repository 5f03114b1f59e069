from . import sm_accept
