# Python 3.10 to 3.13. All the work is done by the package `scripts`, which needs nothing but Python itself.
PYTHON ?= python3
RUN = @exec $(PYTHON) -B -m scripts

.PHONY: help demo demo-reset night test soak faults compat ways lint bench screenshots clean
.DEFAULT_GOAL := help

help: ## this list
	$(RUN) help

demo: ## Odoo with the suite on http://127.0.0.1:8069, from nothing; Ctrl-C stops it, the data stays
	$(RUN) demo

demo-reset: ## forget the demo's data and start afresh
	$(RUN) demo-reset

night: ## let Silicon Master live one more night, and synchronise
	$(RUN) night

test: ## everything; or TEST=addon, TEST=/addon:TestClass.test_name, TEST=path/to/test.py
	$(RUN) test

soak: ## the long tests: a server killed at every point of a full first load; 20,000 orders by every way; 500 telephone calls while all fails
	$(RUN) soak

faults: ## 20,000 messages over three channels while everything fails; FAULTS_MESSAGES=2000 for fewer
	$(RUN) faults

compat: ## Odoo's own tests of base, contacts and sale, without and with our addons, in a database full of apps
	$(RUN) compat

ways: ## the same data by every transport and format, side by side: what comes out in Odoo
	$(RUN) ways

lint: ## style, Odoo conventions and traps of Odoo 19
	$(RUN) lint

bench: ## side-by-side measurements; FIGURES=name,… for some of them, BENCH_SCALE=0.1 for a tenth
	$(RUN) bench

screenshots: ## take the pictures of docs/ anew, from a demo of its own
	$(RUN) screenshots

clean: ## remove what was made in this checkout; CACHE=1 also what was downloaded for all of them
	$(RUN) clean
