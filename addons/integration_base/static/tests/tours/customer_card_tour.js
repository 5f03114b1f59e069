import { registry } from "@web/core/registry";

const openCard = {
    content: "Open the card",
    trigger: ".o_notebook a[name=customer_card]",
    run: "click",
};

registry.category("web_tour.tours").add("integration_base_customer_card_tour", {
    steps: () => [
        openCard,
        {
            content: "A number can be called",
            trigger: ".o_customer_card a[href='tel:+3242223344']:contains(04 222 33 44)",
        },
        {
            content: "An address can be written to",
            trigger: ".o_customer_card a[href='mailto:anne@example.com']",
        },
        {
            content: "A dangerous link is shown, not followed",
            trigger: ".o_customer_card dd:contains(javascript):not(:has(a))",
        },
        {
            content: "What is planned is shown",
            trigger: ".o_customer_card_section[data-key=activity]:contains(Call back)",
        },
        {
            content: "Change the number",
            trigger: ".o_field_widget[name=phone] input",
            run: "edit 04/222.33.55 && press Tab",
        },
        {
            trigger: ".o_form_button_save:enabled",
            run: "click",
        },
        {
            content: "The card follows",
            trigger: ".o_customer_card a[href='tel:+3242223355']",
        },
        {
            content: "A planned activity opens in a dialog",
            trigger: ".o_customer_card_records a:contains(Call back)",
            run: "click",
        },
        {
            trigger: ".o_dialog .btn-close",
            run: "click",
        },
        {
            trigger: "body:not(:has(.o_dialog)) .o_form_saved",
        },
    ],
});

registry.category("web_tour.tours").add("integration_base_customer_card_denied_tour", {
    steps: () => [
        openCard,
        {
            content: "One kind sentence, nothing technical",
            trigger:
                ".o_customer_card[data-status=error] [role=alert]:contains(do not have access):not(:contains(technical))",
        },
        {
            content: "No error dialog",
            trigger: "body:not(:has(.o_error_dialog))",
        },
    ],
});
