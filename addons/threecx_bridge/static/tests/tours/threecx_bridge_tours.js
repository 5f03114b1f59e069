import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const MODEL = "threecx.call";

/**
 * Nothing is committed in a test, so that the bus carries nothing: what the server would have sent
 * is asked for, and handed to the service that listens to the bus.
 */
async function receive(method, args) {
    const { orm, threecx_calls: calls } = odoo.__WOWL_DEBUG__.root.env.services;
    calls.receive(await orm.call(MODEL, method, args));
}

async function receiveLastCall() {
    const { orm } = odoo.__WOWL_DEBUG__.root.env.services;
    const ids = await orm.search(MODEL, [], { limit: 1, order: "id desc" });
    await receive("popup_data", [ids]);
}

const ring = (number, name = "") => () => receive("pop_data", [number, name]);

tours.add("threecx_bridge_call_tour", {
    steps: () => [
        {
            content: "A number in a list is one click from a call",
            trigger: ".o_data_row:contains(Anne Tourneur) td[name=phone] a[href^='tel:']",
            run: "dblclick",
        },
        {
            content: "The contact did not open",
            trigger: ".o_list_view",
        },
        {
            trigger: ".o_data_row:contains(Anne Tourneur)",
            async run() {
                // the answer of the server comes when the call is written down
                await new Promise((resolve) => setTimeout(resolve, 1000));
                await receiveLastCall();
            },
        },
        {
            content: "Whom one calls",
            trigger: ".o_threecx_call[data-state=attempted] .o_threecx_call_name:contains(Anne Tourneur)",
        },
        {
            trigger: ".o_threecx_note",
            run: "edit Wants the blue sofa",
        },
        {
            content: "One click plans the next one",
            trigger: ".o_threecx_call_back button:contains(Tomorrow)",
            run: "click",
        },
        { trigger: ".o_notification:contains(To call back on)" },
        {
            content: "The corner shows what there is to do",
            trigger: ".o_threecx_systray",
            run: "click",
        },
        { trigger: ".o_threecx_today .badge:contains(1)" },
        {
            content: "A number that is none says why",
            trigger: ".o_threecx_entry",
            run: "edit 04 222 AB",
        },
        { trigger: ".o_threecx_dial:enabled", run: "click" },
        { trigger: ".o_notification:contains(holds letters)" },
        { trigger: ".o_threecx_systray", run: "click" },
        { trigger: ".o_threecx_today", run: "click" },
        { trigger: ".o_list_view .o_data_row" },
    ],
});

tours.add("threecx_bridge_incoming_tour", {
    steps: () => [
        {
            content: "A known customer",
            trigger: ".o_list_view",
            run: ring("+3242338761", "TOURNEUR"),
        },
        { trigger: ".o_threecx_call_name:contains(Anne Tourneur)" },
        { trigger: ".o_threecx_call .o_customer_card[data-status=ready]" },
        { trigger: ".o_threecx_call_close", run: "click" },
        {
            content: "Somebody new",
            trigger: "body:not(:has(.o_threecx_call))",
            run: ring("+32475876199", "<b>New</b>"),
        },
        { trigger: ".o_threecx_call_name:contains(<b>New</b>)" },
        { trigger: ".o_threecx_new", run: "click" },
        { trigger: ".o_threecx_name", run: "edit Charles Nouveau" },
        { trigger: ".o_threecx_create:enabled", run: "click" },
        { trigger: ".o_threecx_call_name:contains(Charles Nouveau)" },
        { trigger: ".o_threecx_call_close", run: "click" },
        {
            content: "Two who share a number",
            trigger: "body:not(:has(.o_threecx_call))",
            run: ring("+3225558761"),
        },
        { trigger: ".o_threecx_candidate:contains(Bob Tourneur)" },
        { trigger: ".o_threecx_candidate:contains(Zoé Tourneur)", run: "click" },
        { trigger: ".o_threecx_call_name:contains(Zoé Tourneur)" },
        { trigger: ".o_threecx_call_close", run: "click" },
        {
            content: "Nobody's number",
            trigger: "body:not(:has(.o_threecx_call))",
            run: ring("anonymous"),
        },
        { trigger: ".o_threecx_call_name:contains(Withheld number)" },
        { trigger: ".o_threecx_finder:not(:has(.o_threecx_new)) .o_threecx_existing", run: "click" },
        { trigger: ".o_threecx_search", run: "edit anne.tourneur@example.com" },
        { trigger: ".o_threecx_candidate:contains(Anne Tourneur)", run: "click" },
        { trigger: ".o_threecx_call_name:contains(Anne Tourneur)" },
        {
            content: "The record opens when it is asked for",
            trigger: ".o_threecx_open_partner",
            run: "click",
        },
        { trigger: ".o_form_view .o_field_widget[name=name] :value(Anne Tourneur)" },
        { trigger: ".o_threecx_call_close", run: "click" },
        { trigger: "body:not(:has(.o_threecx_call))" },
    ],
});

tours.add("threecx_bridge_pop_tour", {
    steps: () => [
        {
            content: "A page of its own for who has no tab open",
            trigger: ".o_threecx_pop .o_threecx_call_name:contains(Anne Tourneur)",
        },
        { trigger: ".o_threecx_pop .o_customer_card[data-status=ready]" },
    ],
});
