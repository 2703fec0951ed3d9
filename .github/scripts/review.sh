#!/usr/bin/env bash
# Prints, as Markdown, what a pull request does to the infrastructure: its graphs against those of the base, and what the
# policy pack says of it. Runs on the merge commit that GitHub makes, whose first parent is the base. Judges nothing: what
# is wrong here makes the tests fail, too.
set -uo pipefail

# A long fence, so that no line of what it holds ends it.
block() { printf '~~~~~~~~~~%s\n%s\n~~~~~~~~~~\n\n' "$1" "$2"; }

printf '### Graph\n\n'
if output="$(npm run --silent graph -- --write 2>&1)"; then
  # What is new has to be known to git to be in the diff.
  git add --intent-to-add docs/graph
  output="$(git diff --no-color --no-ext-diff HEAD^1 -- 'docs/graph/*.txt')"
  if [ -n "$output" ]; then
    block diff "$output"
  else
    printf 'No change of any ready stack.\n\n'
  fi
else
  printf 'The program cannot be shown:\n\n'
  block text "$output"
fi

printf '### Policy\n\n'
if output="$(npx jest tests/policy --verbose 2>&1)"; then
  printf 'Every ready stack keeps the rules.\n\n<details><summary>The rules and their cases</summary>\n\n'
  block text "$output"
  printf '</details>\n'
else
  printf 'A rule is broken, or a case of it fails:\n\n'
  block text "$output"
fi
