import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";

const DENIED = ["odoo.exceptions.AccessError", "odoo.exceptions.MissingError"];

/** It is not there for this user, and trying again changes nothing. */
export function isGone(error) {
    return DENIED.includes(error.data?.name || error.exceptionName);
}

/** What a person can be told of an error that did not come from what he just pressed. */
export function errorText(error) {
    if (error instanceof ConnectionLostError) {
        return _t("There is no connection to the server.");
    }
    if (error.exceptionName === "odoo.exceptions.UserError") {
        return error.data.message;
    }
    return _t("Something went wrong on the server.");
}
