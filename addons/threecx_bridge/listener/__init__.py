"""What `odoo threecx_listener` runs: it follows the events of each PBX and writes calls of them."""
