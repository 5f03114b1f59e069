from . import threecx_extension, threecx_pbx
