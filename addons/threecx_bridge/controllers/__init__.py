from . import crm_template, pop, recording, template_file
