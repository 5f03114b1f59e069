import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("sm_connector_match_tour", {
    steps: () => [
        {
            content: "The corner of the screen says that a question waits",
            trigger: ".o_sm_watch .badge",
            run: "click",
        },
        {
            trigger: ".o_sm_watch_menu .o_sm_watch_problem:contains(2 questions wait)",
            run: "click",
        },
        { trigger: ".o_data_row:contains(C0001)" },
        { trigger: ".o_data_row:contains(C0001) td[name=name]", run: "click" },
        {
            content: "What the master sends, and two contacts side by side",
            trigger: ".o_sm_match_board thead .o_sm_match_candidate:contains(Dupont Marie)",
        },
        { trigger: ".o_sm_match_board tr[data-name=email] td[data-verdict=agree]" },
        { trigger: ".o_sm_match_board tr[data-name=phones] td[data-verdict=differ]" },
        {
            content: "The best candidate comes first",
            trigger: ".o_sm_match_board tfoot td:nth-child(2) .o_sm_match_link",
            run: "click",
        },
        { trigger: ".o_notification:contains(The next synchronisation takes it over)" },
        { trigger: ".alert-success:contains(Linked by hand):contains(Dupont Marie)" },
        { trigger: "button[name=action_next]", run: "click" },
        { trigger: ".o_sm_match_board .o_sm_match_candidate:contains(Peeters)" },
        { trigger: "button[name=action_create_new]", run: "click" },
        { trigger: ".modal-footer .btn-primary", run: "click" },
        { trigger: ".alert-success:contains(A new record of Odoo)" },
        { trigger: "button[name=action_run_now]", run: "click" },
        { trigger: ".o_notification:contains(The synchronisation starts in a moment)" },
    ],
});
