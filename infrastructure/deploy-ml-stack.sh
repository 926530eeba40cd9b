#!/usr/bin/env bash
# Deploys the ML prediction stack: see --help.
set -euo pipefail

readonly TAG=mindmate:deployed-by MAKER=deploy-ml-stack.sh
readonly FUNCTIONS=(
  # binary                     parameter of its zip
  mindmate-orchestrator        OrchestratorCodeKey
  mindmate-training-data       TrainingDataCodeKey
  mindmate-model-promotion     JudgeModelCodeKey
  mindmate-model-monitor       MonitorModelCodeKey
  mindmate-fan-out             FanOutCodeKey
  mindmate-feature-extraction  FeatureExtractionCodeKey
  mindmate-scoring             ScoringCodeKey
  mindmate-intervention        InterventionCodeKey
  mindmate-realtime-trigger    RealtimeTriggerCodeKey
  mindmate-sentiment           SentimentCodeKey
  mindmate-activity-ingest     ActivityIngestCodeKey
  mindmate-run-report          RunReportCodeKey
  mindmate-run-closing         RunClosingCodeKey
)
readonly FOLDERS=(models/ training/train/ training/validation/)
readonly WRITTEN='# Written by deploy-ml-stack.sh, other lines are kept:'
readonly PSEUDONYM_KEY=config/pseudonym.key
readonly EXIT_USAGE=2 EXIT_REFUSED=3

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
template=$here/ml-prediction-stack.yaml

stack=MindMate-ML-Prediction
env_file=$root/.env
action=deploy
build=true
artifacts=
yes=false
replace=false
parameters=() # Name=Value, as given by options

usage() {
  cat <<'HELP'
Deploys MindMate's ML prediction stack, or updates it. Running it twice changes nothing.

  infrastructure/deploy-ml-stack.sh [options]

It builds the functions, uploads them to a code bucket that it makes, creates or updates the
CloudFormation stack through a change set, makes the folders of the models' bucket and the key for
pseudonyms, writes the stack's names into .env, and prints them.

What it does:
  --dry-run             show what would change, and change nothing
  --delete              delete the stack; what holds data is kept, and named
  --yes                 do not ask
  --replace             replace or remove tables, bucket, key, queues or streams where the changes would;
                        --yes does not cover that

Which stack, and with what:
  --stack-name NAME     default MindMate-ML-Prediction
  --region REGION       default that of the AWS CLI
  --prefix PREFIX       before all names (default MindMate); a second prefix makes a second stack
                        possible in the same account
  --email ADDRESS       who hears of alarms; AWS asks them to confirm by mail
  --app-table NAME      the app's table (default EmoCompanion)
  --app-table-key ARN   its KMS key, where it has one of its own
  --create-app-table    make the app's table as well; for trials alone
  --no-realtime         do not read the stream of the app's table: nobody is assessed before the next
                        daily run. Without a stream the script refuses to go on unless this is said;
                        --parameter Realtime=true takes it back
  --budget USD          the account's monthly budget that alerts are sent at (default 200; 0: none)
  --parameter NAME=VALUE  any other parameter of the template
  An option that is not given keeps the value that the stack has. The tables' protection against
  deletion alone is turned on by every run: --parameter DeletionProtection=false turns it off.

The functions:
  --no-build            take what is built already
  --artifacts DIR       take DIR/BINARY/bootstrap or DIR/BINARY, and build nothing
  Without these each is built by `cargo lambda build --profile function --arm64` where cargo-lambda is installed,
  else by `cargo build --profile function`, for this machine's architecture.

  --env-file FILE       where the variables are written (default .env beside Cargo.toml)
  --help                this text

Needs the AWS CLI (`pip install awscli`, or the bundle of version 2) with credentials. Any endpoint will
do: with AWS_ENDPOINT_URL=http://127.0.0.1:4566 it deploys to a local AWS, without the budget.

Examples:
  infrastructure/deploy-ml-stack.sh --email oncall@example.org --dry-run
  infrastructure/deploy-ml-stack.sh --email oncall@example.org
  infrastructure/deploy-ml-stack.sh --stack-name Trial --prefix Trial --create-app-table --app-table TrialApp

Exit codes: 0 done, or nothing to do; 1 failed; 2 wrong options; 3 refused, nothing was touched.
HELP
}

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }
wrong() { say "error: $*; see --help"; exit "$EXIT_USAGE"; }

# --- Options -------------------------------------------------------------------------------------

read_options() {
  while (($#)); do
    case $1 in
      --help | -h) usage; exit 0 ;;
      --dry-run) action=dry-run ;;
      --delete) action=delete ;;
      --yes) yes=true ;;
      --replace) replace=true ;;
      --no-build) build=false ;;
      --create-app-table) parameters+=(CreateAppTable=true) ;;
      --no-realtime) parameters+=(Realtime=false) ;;
      --stack-name | --region | --prefix | --email | --app-table | --app-table-key | --budget | \
        --parameter | --artifacts | --env-file)
        (($# > 1)) || wrong "$1 wants a value"
        option_with_value "$1" "$2"
        shift
        ;;
      *) wrong "unknown option $1" ;;
    esac
    shift
  done
}

option_with_value() {
  case $1 in
    --stack-name) stack=$2 ;;
    --region) export AWS_REGION=$2 AWS_DEFAULT_REGION=$2 ;;
    --prefix)
      [[ $2 =~ ^[A-Za-z][A-Za-z0-9-]{0,29}$ ]] || wrong "--prefix wants letters, digits and hyphens, found $2"
      parameters+=("Prefix=$2" "LowercasePrefix=$(tr '[:upper:]' '[:lower:]' <<<"$2")")
      ;;
    --email) parameters+=("AlertEmail=$2") ;;
    --app-table) parameters+=("AppTableName=$2") ;;
    --app-table-key) parameters+=("AppTableKeyArn=$2") ;;
    --budget)
      [[ $2 =~ ^[0-9]+$ ]] || wrong "--budget wants whole dollars, found $2"
      parameters+=("MonthlyBudgetUsd=$2")
      ;;
    --parameter)
      [[ $2 =~ ^[A-Za-z]+= ]] || wrong "--parameter wants NAME=VALUE, found $2"
      parameters+=("$2")
      ;;
    --artifacts) artifacts=$2 build=false ;;
    --env-file) env_file=$2 ;;
  esac
}

# The value that an option gave to a parameter; the last one counts.
given() {
  local pair value=
  for pair in ${parameters[@]+"${parameters[@]}"}; do
    [[ $pair == "$1="* ]] && value=${pair#*=}
  done
  printf '%s' "$value"
}

is_given() {
  local pair
  for pair in ${parameters[@]+"${parameters[@]}"}; do
    [[ $pair == "$1="* ]] && return
  done
  return 1
}

confirm() { "$yes" || ask "$1" --yes; }

ask() { # what is about to happen, the option that means it
  if [[ ! -t 0 ]]; then
    say "refused: $1"
    say "Nobody is here to ask: say $2, if that is meant."
    exit "$EXIT_REFUSED"
  fi
  local answer
  read -r -p "$1 Go on? [y/N] " answer
  [[ $answer == [yY]* ]] || { say "Nothing was touched."; exit "$EXIT_REFUSED"; }
}

# --- The stack as it is --------------------------------------------------------------------------

describe() { aws cloudformation describe-stacks --stack-name "$stack" --query "$1" --output text; }

# Its status; empty where there is none.
stack_status() {
  local answer
  if answer=$(describe 'Stacks[0].StackStatus' 2>&1); then
    printf '%s' "$answer"
  elif [[ $answer != *"does not exist"* ]]; then
    fail "the stack cannot be read: $answer"
  fi
}

# The value that the stack has for a parameter; empty where it has none.
current() {
  [[ -n $status ]] || return 0
  local value
  value=$(describe "Stacks[0].Parameters[?ParameterKey=='$1'].ParameterValue | [0]")
  [[ $value == None ]] || printf '%s' "$value"
}

# The value that a parameter will have: as given, else as the stack has it, else this. What is left of a
# failed first deployment counts for nothing.
will_be() { # parameter, its default
  local had=
  if is_given "$1"; then
    given "$1"
    return
  fi
  [[ $status == ROLLBACK_COMPLETE ]] || had=$(current "$1")
  printf '%s' "${had:-$2}"
}

is_ours() { [[ $(describe "Stacks[0].Tags[?Key=='$TAG'].Value | [0]") == "$MAKER" ]]; }

guard_foreign_stack() {
  [[ -z $status ]] || is_ours || confirm "The stack $stack is there already, and was not made by this script."
}

# --- The stream of the app's table ---------------------------------------------------------------

# Looked up at each run: it is another one where its owners turned it off and on again.
find_app_stream() {
  local table found
  ! is_given AppTableStreamArn || return 0
  if [[ $(will_be Realtime true) != true || $(will_be CreateAppTable false) == true ]]; then
    parameters+=(AppTableStreamArn=)
    return
  fi
  table=$(will_be AppTableName EmoCompanion)
  found=$(stream_of "$table")
  if [[ $found == arn:* ]]; then
    parameters+=("AppTableStreamArn=$found")
    return
  fi
  say "refused: $found, so that nobody could be reached before the next daily run."
  say "Who owns the table turns its stream on; keys are enough:"
  say "  aws dynamodb update-table --table-name $table --stream-specification StreamEnabled=true,StreamViewType=KEYS_ONLY"
  say "For a trial, --create-app-table makes a table with a stream. To go on without real time, say --no-realtime."
  [[ $action == dry-run ]] || exit "$EXIT_REFUSED"
  say "A deployment would end here. This dry run goes on as with --no-realtime."
  parameters+=(Realtime=false AppTableStreamArn=)
}

# A table's stream, or why there is none. A stream that was turned off keeps its ARN for a day.
stream_of() {
  local answer
  if answer=$(aws dynamodb describe-table --table-name "$1" --output text \
    --query 'Table.[StreamSpecification.StreamEnabled, LatestStreamArn]' 2>&1); then
    case $answer in
      True*arn:*) printf 'arn:%s' "${answer#*arn:}" ;;
      *) printf 'the table %s has no stream' "$1" ;;
    esac
  elif [[ $answer == *ResourceNotFound* ]]; then
    printf 'there is no table %s in %s' "$1" "$region"
  else
    fail "the app's table cannot be looked at: $answer"
  fi
}

# --- Functions -----------------------------------------------------------------------------------

each_function() { # command: called with a binary and the parameter of its zip
  local i
  for ((i = 0; i < ${#FUNCTIONS[@]}; i += 2)); do
    "$1" "${FUNCTIONS[i]}" "${FUNCTIONS[i + 1]}"
  done
}

has_cargo_lambda() { command -v cargo-lambda >/dev/null; }

build_functions() {
  has_cargo_lambda || say "cargo-lambda is not installed: building for $(uname -m), with this system's C library."
  each_function build_function
}

# One by one: built together, each function would get the features of all, and with them their SDKs.
build_function() {
  local how=(cargo build)
  ! has_cargo_lambda || how=(cargo lambda build --arm64)
  (cd "$root" && "${how[@]}" --profile function --locked --package "$1") >&2
}

artifact() {
  local found candidates=("$artifacts/$1/bootstrap" "$artifacts/$1")
  if [[ -z $artifacts ]]; then
    local target=${CARGO_TARGET_DIR:-$root/target}
    candidates=("$target/function/$1")
    if has_cargo_lambda || [[ ! -f ${candidates[0]} ]]; then
      candidates=("$target/lambda/$1/bootstrap" "${candidates[@]}")
    fi
  fi
  for found in "${candidates[@]}"; do
    [[ -f $found ]] && { printf '%s' "$found"; return; }
  done
  fail "expected $1 as ${candidates[*]}, found none; build it, or name the directory with --artifacts"
}

# What a binary was built for, by its ELF header; for anything else this machine's.
architecture_of() {
  local machine
  machine=$(uname -m)
  if [[ $(head -c 4 "$1" | tail -c 3) == ELF ]]; then
    case $(od -An -t u2 -j 18 -N 2 "$1" | tr -d ' ') in
      62) machine=x86_64 ;;
      183) machine=arm64 ;;
      *) fail "$1 was built for a machine that Lambda does not have" ;;
    esac
  fi
  printf '%s' "${machine/aarch64/arm64}"
}

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1; }

# The key says what is in it: the same bytes are the same object, and change no function.
code_key() { printf 'functions/%s/%s.zip' "$1" "$(sha256 "$(artifact "$1")")"; }

collect_code() {
  local binary found
  binary=$(artifact "$1")
  found=$(architecture_of "$binary")
  [[ ${architecture:=$found} == "$found" ]] \
    || fail "expected all functions for $architecture, found $1 for $found"
  parameters+=("$2=$(code_key "$1")")
}

upload_function() {
  local key
  key=$(code_key "$1")
  grep -qxF "$key" "$work/uploaded" && return
  mkdir -p "$work/$1"
  install -m 755 "$(artifact "$1")" "$work/$1/bootstrap"
  if command -v zip >/dev/null; then
    (cd "$work/$1" && zip -q -X ../"$1.zip" bootstrap)
  else
    (cd "$work/$1" && python3 -m zipfile -c ../"$1.zip" bootstrap)
  fi
  say "Uploading $1"
  s3 put-object --bucket "$code_bucket" --key "$key" --body "$work/$1.zip" >/dev/null
}

# --- The code bucket -----------------------------------------------------------------------------

# Names of buckets are the world's: one that somebody else has taken gets nothing of ours.
s3() { # operation, options
  local operation=$1
  shift
  aws s3api "$operation" --expected-bucket-owner "$account" "$@"
}

has_bucket() { s3 head-bucket --bucket "$1" >/dev/null 2>&1; }

list_code() {
  s3 list-objects-v2 --bucket "$code_bucket" --prefix functions/ --query 'Contents[].[Key]' --output text >"$work/uploaded"
}

make_code_bucket() {
  if ! has_bucket "$code_bucket"; then
    say "Creating the code bucket $code_bucket"
    local where=()
    [[ $region == us-east-1 ]] || where=(--create-bucket-configuration "LocationConstraint=$region")
    aws s3api create-bucket --bucket "$code_bucket" ${where[@]+"${where[@]}"} >/dev/null
  fi
  # The policy comes last: where it is, all of this was done.
  s3 get-bucket-policy --bucket "$code_bucket" >/dev/null 2>&1 && return
  s3 put-public-access-block --bucket "$code_bucket" --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
  s3 put-bucket-versioning --bucket "$code_bucket" --versioning-configuration Status=Enabled
  s3 put-bucket-encryption --bucket "$code_bucket" --server-side-encryption-configuration \
    '{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}'
  s3 put-bucket-policy --bucket "$code_bucket" --policy '{
    "Version": "2012-10-17",
    "Statement": [{
      "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
      "Resource": ["arn:'"$partition"':s3:::'"$code_bucket"'", "arn:'"$partition"':s3:::'"$code_bucket"'/*"],
      "Condition": {"Bool": {"aws:SecureTransport": "false"}}
    }]
  }'
}

# A template of this size goes by way of S3. Prints its key and version.
upload_template() {
  local key
  key=templates/$(sha256 "$template").yaml
  s3 put-object --bucket "$code_bucket" --key "$key" --body "$template" \
    --query "join(' ', ['$key', VersionId || 'null'])" --output text
}

template_url() {
  if [[ -n ${AWS_ENDPOINT_URL:-} ]]; then
    printf '%s/%s/%s' "${AWS_ENDPOINT_URL%/}" "$code_bucket" "$1"
  else
    printf 'https://%s.s3.%s.%s/%s' "$code_bucket" "$region" "$dns_suffix" "$1"
  fi
}

# --- Change sets ---------------------------------------------------------------------------------

# All parameters of the template: as given, else as the stack has them, else their defaults.
parameter_arguments() {
  local name had
  had=" $([[ -z $status ]] || describe 'Stacks[0].Parameters[].ParameterKey' | tr '\t\n' '  ') "
  for name in $(template_parameters); do
    if is_given "$name"; then
      parameter_json "$name" "$(given "$name")"
    elif [[ $had == *" $name "* ]]; then
      printf '{"ParameterKey": "%s", "UsePreviousValue": true}\n' "$name"
    fi
  done | paste -s -d , - | sed 's/^/[/; s/$/]/'
}

parameter_json() {
  local value
  value=$(printf '%s\n' "$2" | sed 's/[\\"]/\\&/g')
  printf '{"ParameterKey": "%s", "ParameterValue": "%s"}\n' "$1" "$value"
}

template_parameters() {
  awk '/^[A-Za-z]/ { inside = /^Parameters:/ } inside && /^  [A-Za-z]+:/ { sub(/:.*/, ""); print $1 }' "$template"
}

# Makes a change set from a template's key and waits for it. Sets `change_set`; empty: no changes.
make_change_set() {
  local kind=UPDATE answer
  [[ -z $status || $status == REVIEW_IN_PROGRESS ]] && kind=CREATE
  change_set=mindmate-$(date -u +%Y%m%dT%H%M%SZ)-$$-$RANDOM
  parameter_arguments >"$work/parameters.json"
  aws cloudformation create-change-set --stack-name "$stack" --change-set-name "$change_set" \
    --change-set-type "$kind" --template-url "$(template_url "$1")" --capabilities CAPABILITY_NAMED_IAM \
    --parameters "file://$work/parameters.json" --tags "Key=$TAG,Value=$MAKER" >/dev/null
  while answer=$(describe_change_set '[Status, StatusReason]' --no-paginate); [[ $answer == *_IN_PROGRESS* || $answer == *_PENDING* ]]; do
    sleep "$pause"
  done
  [[ $answer == CREATE_COMPLETE* ]] && return
  [[ $answer != *alidation* ]] || explain_validation --stack-name "$stack" --change-set-name "$change_set"
  drop_change_set
  [[ $answer == *"didn't contain changes"* || $answer == *"No updates are to be performed"* ]] \
    || fail "the change set cannot be made: $answer"
  change_set=
}

# A query is asked of each page of an answer by itself: --no-paginate asks the first alone.
describe_change_set() { # query, further options
  local query=$1
  shift
  aws cloudformation describe-change-set --stack-name "$stack" --change-set-name "$change_set" \
    --query "$query" --output text "$@"
}

drop_change_set() { aws cloudformation delete-change-set --stack-name "$stack" --change-set-name "$change_set"; }

# Each change; of a stack that is made anew only how many of each type.
show_changes() {
  say "Changes to $stack:"
  describe_change_set 'Changes[].ResourceChange.[Action, LogicalResourceId, ResourceType, Replacement]' \
    | awk -F '\t' -v new="$([[ -n $status ]] || echo yes)" '
        new { count[$3]++; next }
        { printf "  %-8s %-32s %s%s\n", $1, $2, $3, ($4 == "True" ? "  (replaced)" : "") }
        END { for (type in count) printf "  Add %3d  %s\n", count[type], type | "sort -k 3" }' >&2
}

# What holds data or messages and would be replaced, by a new and empty one, or removed. CloudFormation
# does not always know before: what it says may be replaced counts.
losses() {
  describe_change_set 'Changes[].ResourceChange.[Action, LogicalResourceId, ResourceType, Replacement]' \
    | awk -F '\t' '$3 ~ /^AWS::(DynamoDB::Table|S3::Bucket|KMS::Key|Kinesis::Stream|SQS::Queue)$/ {
        if ($1 == "Remove") what = "removed"
        else if ($4 == "True") what = "replaced"
        else if ($4 == "Conditional" || $1 == "Dynamic") what = "perhaps replaced"
        else next
        printf "  %-32s %-24s %s\n", $2, $3, what }'
}

guard_losses() {
  local lost
  lost=$(losses)
  [[ -n $lost ]] || return 0
  say "These hold data or messages, which the pipeline would no longer have:"
  say "$lost"
  [[ $action != dry-run ]] || return 0
  "$replace" && return
  # Whoever is asked may leave: an open change set is not left behind.
  trap 'drop_change_set; rm -rf "$work"' EXIT
  ask "They are about to be replaced or removed." --replace
  trap 'rm -rf "$work"' EXIT
}

execute_change_set() {
  local since
  since=$(newest_event)
  aws cloudformation execute-change-set --stack-name "$stack" --change-set-name "$change_set"
  wait_for_stack "$since"
}

newest_event() {
  [[ -n $(stack_status) ]] || return 0
  aws cloudformation describe-stack-events --stack-name "$stack" --no-paginate --output text \
    --query 'StackEvents[0].EventId'
}

# Events after one, oldest first: id, status, resource, type, reason. All are read, also those before it:
# a CLI whose reader goes away fails.
events_after() {
  aws cloudformation describe-stack-events --stack-name "$1" --output text --query \
    'StackEvents[].[EventId, ResourceStatus, LogicalResourceId, ResourceType, ResourceStatusReason]' \
    | awk -F '\t' -v last="$2" '$1 == last { over = 1 } !over { line[++count] = $0 }
        END { while (count) print line[count--] }'
}

# Waits until nothing is in progress and shows what happens meanwhile.
wait_for_stack() {
  local last=$1 first=$1 found
  while :; do
    status=$(stack_status)
    found=$(events_after "$stack" "$last")
    if [[ -n $found ]]; then
      awk -F '\t' '$2 ~ /COMPLETE|FAILED/ { printf "  %-24s %-32s %s\n", $2, $3, $4 }' <<<"$found" >&2
      last=$(tail -n 1 <<<"$found" | cut -f 1)
    fi
    [[ $status == *_IN_PROGRESS ]] || break
    sleep "$pause"
  done
  case $status in
    CREATE_COMPLETE | UPDATE_COMPLETE) ;;
    *) explain_failure "$stack" "$first"; fail "the stack $stack ended as $status" ;;
  esac
}

# What others failed for is left out: their first cause is shown.
explain_failure() {
  local found
  say "What failed:"
  found=$(events_after "$1" "$2" | awk -F '\t' '$2 ~ /FAILED/ && $5 !~ /cancelled/')
  awk -F '\t' '{ printf "  %s (%s): %s\n", $3, $4, $5 }' <<<"$found" >&2
  [[ $found != *alidation* ]] || explain_validation --stack-name "$1"
}

# What CloudFormation finds wrong before it makes anything: it tells that apart from the events, and an
# old CLI cannot ask for it.
explain_validation() {
  aws cloudformation describe-events "$@" --filters FailedEvents=true --output text --query \
    "OperationEvents[?EventType=='VALIDATION_ERROR'].[LogicalResourceId, ResourceType, ValidationStatusReason]" 2>/dev/null \
    | awk -F '\t' '{ printf "  %s (%s): %s\n", $1, $2, $3 }' >&2 \
    || say "  (for the reasons: aws cloudformation describe-events $*, with a newer CLI)"
}

# --- After the stack -----------------------------------------------------------------------------

make_folders() {
  local bucket=$1 folder
  for folder in "${FOLDERS[@]}"; do
    s3 head-object --bucket "$bucket" --key "$folder" >/dev/null 2>&1 \
      || s3 put-object --bucket "$bucket" --key "$folder" >/dev/null
  done
}

# The key is made once: another one would make all earlier pseudonyms another person's.
make_pseudonym_key() {
  local bucket=$1 answer
  if answer=$(s3 head-object --bucket "$bucket" --key "$PSEUDONYM_KEY" 2>&1); then return; fi
  [[ $answer == *404* || $answer == *"Not Found"* ]] || fail "the key for pseudonyms cannot be looked for: $answer"
  (umask 077 && head -c 32 /dev/urandom >"$work/key")
  if answer=$(s3 put-object --bucket "$bucket" --key "$PSEUDONYM_KEY" --body "$work/key" --if-none-match '*' 2>&1); then
    say "Made the key for pseudonyms, s3://$bucket/$PSEUDONYM_KEY"
  elif [[ $answer != *PreconditionFailed* ]]; then
    fail "the key for pseudonyms cannot be written: $answer"
  fi
  rm -f "$work/key"
}

# NAME=value for each output, whose key is the name in camel case. A value is quoted where a shell needs
# it. The programs that read the file know quotes and no escapes, and a shell replaces within double ones:
# what is left cannot be written.
read_variables() {
  describe 'Stacks[0].Outputs[].[OutputKey, OutputValue]' >"$work/outputs"
  awk -v one="'" '{
      at = index($0, "\t"); name = substr($0, 1, at - 1); value = substr($0, at + 1)
      gsub(/[A-Z]/, "_&", name); sub(/^_/, "", name); name = toupper(name)
      if (value ~ /[^A-Za-z0-9_.,:\/@%+=-]/) {
        if (!index(value, one)) value = one value one
        else if (value !~ /["$`\\]/) value = "\"" value "\""
        else { print name; bad = 1; exit }
      }
      print name "=" value
    } END { exit bad }' "$work/outputs" >"$work/unsorted" \
    || fail "the value of $(tail -n 1 "$work/unsorted") has both kinds of quotes, or one and \$, \` or \\: it cannot be written"
  sort "$work/unsorted" >"$work/new"
}

# Puts variables in their places, new ones at the end, and keeps all other lines. A comment says which
# ones were written: those of them that the stack no longer has are removed.
write_env() {
  (
    umask 077
    if [[ -f $env_file ]]; then cat "$env_file" >"$work/old"; else : >"$work/old"; fi
    awk -v mark="$WRITTEN" '
      NR == FNR {
        name = substr($0, 1, index($0, "=") - 1)
        value[name] = $0; order[++count] = name; names = names " " name
        next
      }
      index($0, mark) == 1 {
        total = split(substr($0, length(mark) + 1), had, " ")
        for (i = 1; i <= total; i++) if (!(had[i] in value)) gone[had[i]] = 1
        kept[++lines] = mark names; marked = 1
        next
      }
      { kept[++lines] = $0 }
      END {
        for (i = 1; i <= lines; i++) {
          name = kept[i]; sub(/^[ \t]*(export[ \t]+)?/, "", name)
          assigns = sub(/[ \t]*=.*/, "", name)
          if (assigns && name in gone) continue
          if (assigns && name in value) {
            if (!(name in written)) print value[name]
            written[name] = 1
          } else print kept[i]
        }
        for (i = 1; i <= count; i++) if (!(order[i] in written)) print value[order[i]]
        if (!marked) print mark names
      }' "$work/new" "$work/old" >"$work/env"
  )
  # Beside the file and moved over it: never half a file.
  if cmp -s "$work/env" "$env_file"; then
    chmod 600 "$env_file"
  else
    install -m 600 "$work/env" "$env_file.new.$$"
    mv -f "$env_file.new.$$" "$env_file"
  fi
}

# Loud, since a stack without a listener looks like one that is well. By the subscriptions themselves:
# the topic's own counts lag behind.
warn_of_silence() {
  local topic=$1 found
  if ! found=$(aws sns list-subscriptions-by-topic --topic-arn "$topic" --output text \
    --query 'Subscriptions[].[SubscriptionArn]' 2>&1); then
    say "Whether anybody hears of alarms cannot be seen: $found"
  elif [[ $found != *arn:* ]]; then
    say ""
    say "!!! NOBODY HEARS OF ALARMS, NOR OF PEOPLE WHO NEED A HUMAN NOW !!!"
    if [[ $found == *onfirm* ]]; then
      say "!!! The subscription waits: confirm it in the mail that AWS sent to the address."
    else
      say "!!! Nobody is subscribed: run this again with --email ADDRESS, and confirm the mail from AWS."
    fi
    say "!!! The topic is $topic"
  fi
}

# As loud: such a stack looks well too.
warn_of_no_realtime() {
  [[ $(will_be Realtime true) != true ]] || return 0
  say ""
  say "!!! NOBODY IS REACHED IN REAL TIME: what people write waits for the next daily run !!!"
  say "!!! The stream of the app's table is not read. Turn it on with --parameter Realtime=true."
}

# --- What is asked for ---------------------------------------------------------------------------

prepare_parameters() {
  parameters+=("CodeBucket=$code_bucket")
  each_function collect_code
  is_given Architecture || parameters+=("Architecture=$architecture")
  if [[ -n ${AWS_ENDPOINT_URL:-} ]]; then
    is_given AwsEndpointUrl || parameters+=("AwsEndpointUrl=$AWS_ENDPOINT_URL")
    if ! is_given MonthlyBudgetUsd; then
      say "AWS_ENDPOINT_URL is set: the stack gets no budget."
      parameters+=(MonthlyBudgetUsd=0)
    fi
  elif ! is_given AwsEndpointUrl; then
    parameters+=(AwsEndpointUrl=)
  fi
}

deploy() {
  guard_foreign_stack
  find_app_stream
  clear_the_way
  "$build" && build_functions
  prepare_parameters
  make_code_bucket
  list_code
  each_function upload_function
  local key
  read -r key _ < <(upload_template)
  # Tables that refuse to be deleted would stand in the way of a first deployment's rollback.
  local protected=true
  if ! is_given DeletionProtection && [[ -z $status || $status == REVIEW_IN_PROGRESS ]]; then protected=false; fi
  is_given DeletionProtection || parameters+=("DeletionProtection=$protected")
  apply "$key"
  if ! "$protected"; then
    parameters+=(DeletionProtection=true)
    apply "$key"
  fi
  finish
}

apply() {
  make_change_set "$1"
  if [[ -z $change_set ]]; then
    say "No changes to $stack."
    return
  fi
  show_changes
  guard_losses
  execute_change_set
}

# A stack whose first deployment failed is empty, but its name is taken.
clear_the_way() {
  case $status in
    '' | REVIEW_IN_PROGRESS | *_COMPLETE) [[ $status == ROLLBACK_COMPLETE ]] || return 0 ;;
    *) fail "the stack $stack is $status: wait until it is done, or look at it in the console" ;;
  esac
  say "The first deployment of $stack failed: the empty stack that is left of it is deleted first."
  delete_stack
  status=
}

finish() {
  local bucket
  read_variables
  bucket=$(sed -n 's/^ML_MODELS_BUCKET=//p' "$work/new")
  make_folders "$bucket"
  make_pseudonym_key "$bucket"
  write_env
  say "Wrote $(wc -l <"$work/new" | tr -d ' ') variables to $env_file"
  cat "$work/new"
  warn_of_silence "$(sed -n 's/^ML_ALERTS_SNS_TOPIC=//p' "$work/new")"
  warn_of_no_realtime
}

dry_run() {
  guard_foreign_stack
  if [[ -n $status ]]; then
    case $status in
      *_COMPLETE | REVIEW_IN_PROGRESS) ;;
      *) fail "the stack $stack is $status: wait until it is done, or look at it in the console" ;;
    esac
  fi
  find_app_stream
  if [[ $status == ROLLBACK_COMPLETE ]]; then
    say "The first deployment of $stack failed; what is left of it would be deleted, and all be made anew."
    return
  fi
  "$build" && build_functions
  prepare_parameters
  if ! has_bucket "$code_bucket"; then
    say "There is no code bucket $code_bucket: it would be created, and with it these resources:"
    awk '/^[A-Za-z]/ { inside = /^Resources:/ } inside && /^  [A-Za-z]+:/ { name = $1 }
      inside && /^    Type: / { sub(/:$/, "", name); printf "  %-28s %s\n", name, $2 }
      inside && /^    Condition: / { printf "  %-28s   if %s\n", "", $2 }' "$template" >&2
    return
  fi
  local key version was=$status
  read -r key version < <(upload_template)
  make_change_set "$key"
  if [[ -n $change_set ]]; then
    show_changes
    guard_losses
    drop_change_set
  else
    say "No changes to $stack."
  fi
  # A change set that would create a stack leaves an empty one.
  [[ -n $was ]] || aws cloudformation delete-stack --stack-name "$stack"
  s3 delete-object --bucket "$code_bucket" --key "$key" --version-id "$version" >/dev/null
  say "That was a dry run: nothing was changed."
}

delete_stack() {
  local id last
  id=$(describe 'Stacks[0].StackId')
  last=$(newest_event)
  aws cloudformation delete-stack --stack-name "$stack"
  while [[ $(stack_of "$id") == *_IN_PROGRESS ]]; do sleep "$pause"; done
  if [[ $(stack_of "$id") != DELETE_COMPLETE ]]; then
    explain_failure "$id" "$last"
    fail "the stack $stack could not be deleted"
  fi
}

# A deleted stack is known by its id alone.
stack_of() { aws cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].StackStatus' --output text; }

# What DeletionPolicy keeps: tables, bucket, key. By pages: describe-stack-resources ends after a hundred.
kept() {
  aws cloudformation list-stack-resources --stack-name "$stack" --output text --query \
    'StackResourceSummaries[].[ResourceType, PhysicalResourceId, ResourceStatus]' \
    | awk -F '\t' '$1 ~ /^AWS::(DynamoDB::Table|S3::Bucket|KMS::Key)$/ && $3 != "DELETE_COMPLETE" {
        print $1 "\t" $2 }'
}

delete() {
  [[ -n $status ]] || { say "There is no stack $stack."; return; }
  guard_foreign_stack
  local left
  left=$(kept | sed 's/^/  /')
  say "These keep their data and stay when the stack is deleted; delete them yourself where that is meant:"
  say "$left"
  say "The code bucket $code_bucket stays as well."
  confirm "The stack $stack is about to be deleted: functions, queues with all their messages, streams, alarms."
  delete_stack
  say "Deleted $stack."
}

main() {
  read_options "$@"
  command -v aws >/dev/null \
    || fail "the AWS CLI is not installed: pip install awscli, or https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"
  export AWS_PAGER=
  region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
  [[ -n $region ]] || wrong "no region: give --region, or set AWS_REGION"
  export AWS_REGION=$region AWS_DEFAULT_REGION=$region
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  pause=5
  [[ -z ${AWS_ENDPOINT_URL:-} ]] || pause=0.5
  read -r account partition < <(caller)
  dns_suffix=amazonaws.com
  [[ $partition != aws-cn ]] || dns_suffix=amazonaws.com.cn
  status=$(stack_status)
  local prefix
  prefix=$(given LowercasePrefix)
  prefix=${prefix:-$(current LowercasePrefix)}
  code_bucket=${prefix:-mindmate}-code-$account-$region
  case $action in
    deploy) deploy ;;
    dry-run) dry_run ;;
    delete) delete ;;
  esac
}

# The account, and the partition of AWS that it is in.
caller() {
  local answer
  answer=$(aws sts get-caller-identity --query '[Account, Arn]' --output text) \
    || fail "AWS does not know who asks: are there credentials, and are they still valid?${AWS_ENDPOINT_URL:+ It was asked at $AWS_ENDPOINT_URL, which has to offer STS as well: no bucket is used whose owner cannot be checked.}"
  awk '{ split($2, arn, ":"); print $1, arn[2] }' <<<"$answer"
}

main "$@"
