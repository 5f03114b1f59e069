import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const tab = (name) => `.o_notebook .nav-link[name=${name}]`;

tours.add("sm_connector_timeline_tour", {
    // opened by the test at an order which was shipped, and whose date moved before
    steps: () => [
        { trigger: "button[name=action_open_sm_events]:contains(2)" },
        { trigger: tab("sm_events"), run: "click" },
        {
            content: "What is true stands out, what no longer is says so",
            trigger: ".o_sm_timeline[data-status=ready] li[data-kind=delivered]:not(.o_sm_timeline_former)",
        },
        {
            trigger:
                ".o_sm_timeline li.o_sm_timeline_former[data-kind=date_moved]:contains(4 days later):contains(no longer true)",
        },
        { trigger: "button[name=action_open_sm_dossiers]", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(D000001) td[name=name]", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=owner]:contains(Nadine)" },
        { trigger: ".o_form_view:not(:has(.o_form_button_create))" },
        { trigger: ".o_field_widget[name=partner_id] a", run: "click" },
        {
            content: "The customer shows how many there are, and how many are open",
            trigger: "button[name=action_open_sm_dossiers]:contains(1 open)",
        },
    ],
});

tours.add("sm_connector_encode_tour", {
    url: "/odoo/silicon-master-to-encode",
    steps: () => [
        { trigger: ".o_data_row:contains(Lambert Claire) td[name=complete_name]", run: "click" },
        { trigger: tab("sm_encode"), run: "click" },
        { trigger: ".o_sm_encode_sheet tr:contains(Localité) .o_sm_encode_value:contains(Liège)" },
        { trigger: ".o_sm_encode_sheet button:contains(Copy the sheet)", run: "click" },
        { trigger: ".alert button[name=action_sm_encoded]", run: "click" },
        { trigger: ".alert:contains(the night finds)" },
    ],
});

tours.add("sm_connector_quality_tour", {
    url: "/odoo/silicon-master-data-quality",
    steps: () => [
        { trigger: ".o_group_header:contains(Phone number that cannot be called)", run: "click" },
        { trigger: ".o_data_row:contains(voir fiche) button[name=action_ignore]", run: "click" },
        { trigger: ".o_list_view:not(:has(.o_data_row:contains(voir fiche)))" },
    ],
});
