# pidone: everything a person needs, one word each; the work is done by tools/*.sh.
.DEFAULT_GOAL := up
MAKEFLAGS += --no-print-directory
.PHONY: up bonus down stop restart re ps logs status top shell build base secrets hosts db clean fclean up-one down-one \
        test unit e2e stack lint fmt asan fuzz crash chaos defence sbom mutants figures bench screenshots help

# ---- the site ---------------------------------------------------------------

up: ## Install what is missing, build, start the site and wait until it is healthy
	@tools/up.sh

bonus: ## The same with all services: cache, FTP, static site, Adminer, metrics, backup
	@tools/up.sh --bonus

down: ## Stop and remove the containers (the data stays)
	@tools/compose.sh down --remove-orphans

stop: ## Stop the containers and keep them
	@tools/compose.sh stop

restart: ## Stop the containers and start them again
	@tools/compose.sh stop
	@tools/up.sh --same --no-build

re: ## Down, build and up again (the data stays)
	@tools/up.sh --same --anew

ps: ## List the containers
	@tools/compose.sh ps

logs: ## Show the last lines of the logs (SERVICE=name, FOLLOW=1 to keep reading)
	@tools/logs.sh

status: ## One table of all containers and their services; fails when one is not healthy
	@tools/status.sh

top: ## The same, drawn anew every two seconds until Ctrl-C
	@tools/status.sh --watch

shell: ## Open a shell in a running container, as its user (SERVICE=name)
	@tools/shell.sh

build: ## Build the images
	@tools/build.sh

base: ## Get the base image and build pidone's own image
	@tools/base.sh

secrets: ## Make .env and the missing files in secrets/
	@tools/env.sh
	@tools/secrets.sh

up-one: ## The whole site in ONE container, examples/all-in-one, on the same port
	@tools/one.sh up

down-one: ## Stop and remove that container (its data stays)
	@tools/one.sh down

hosts: ## Add the site's domain to /etc/hosts
	@tools/hosts.sh

db: ## Open the database client
	@tools/db.sh

.PHONY: ftp
ftp: ## Open an FTP client on the site's files (DIR=directory to send from and to)
	@tools/ftp.sh

.PHONY: backup backups restore
backup: ## Save the database and the site's files now, and say how it went
	@tools/backup.sh now

backups: ## List the snapshots that the backup keeps
	@tools/backup.sh list

restore: ## Put database and files back (SNAPSHOT=id, else the last one), after asking (YES=1 does not ask)
	@tools/backup.sh restore

clean: ## Remove the containers, our images and the build directories (the data stays)
	@tools/clean.sh

fclean: ## The same, and ALL DATA of the site, after asking (YES=1 does not ask)
	@tools/fclean.sh

# ---- the program and its tests ----------------------------------------------

test: ## Install what the tests need, build, run unit, lint, e2e and stack, count
	@tools/test.sh all

unit: ## Unit, simulation and golden tests
	@tools/test.sh unit

e2e: ## Real processes in a PID namespace
	@tools/test.sh e2e

stack: ## The whole site on a real Docker engine
	@tools/test.sh stack

lint: ## Layers, format, clang-tidy, shellcheck, pidone check, forbidden words
	@tools/test.sh lint

fmt: ## Format the C++ sources in place
	@tools/fmt.sh

asan: ## Unit, simulation and e2e tests under ASan and UBSan
	@tools/test.sh asan

mutants: ## Break listed lines one by one; each must turn a test red
	@tools/mutants.sh

crash: ## kill -9 the PID 1 of a container (SERVICE=name) and watch it come back
	@tools/crash.sh

chaos: ## Faults under load on a stack of its own: SECONDS=120 of them, chosen by SEED=
	@tools/chaos.sh "$(SECONDS)" "$(SEED)"

defence: ## Walk through the rules of the exercise: command, answer, verdict
	@tools/defence.sh

sbom: ## Write a bill of materials per image (CycloneDX) to build/sbom
	@tools/sbom.sh

fuzz: ## Let libFuzzer look for inputs that break a parser (SECONDS=60 for each of them)
	@tools/fuzz.sh $(SECONDS)

figures: ## Measure start, stop, size, memory, overhead; stops the site meanwhile (the data stays)
	@tools/figures.sh

bench: ## Measure pidone as a supervisor beside s6, supervisord and runit
	@tools/bench.sh

screenshots: ## Take the pictures of README.md anew, of the site that is up (make bonus first)
	@tools/screenshots.sh

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9_-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
