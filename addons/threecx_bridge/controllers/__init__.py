from . import crm_template, pop, template_file
