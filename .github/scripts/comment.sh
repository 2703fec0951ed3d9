#!/usr/bin/env bash
# Writes a file as a comment on a pull request; the comment that an earlier run wrote under the same title is replaced.
#
#   comment.sh TITLE FILE
#
# Takes from the environment GH_TOKEN, PULL_REQUEST (its number), and what GitHub sets in each run.
set -euo pipefail
title="$1"
file="$2"

body="$(mktemp)"
trap 'rm -f "$body"' EXIT
{
  printf '## %s\n\nBy [this run](%s).\n\n' "$title" "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"
  # GitHub refuses a comment of more than 65,536 characters.
  if [ "$(wc -c <"$file")" -gt 60000 ]; then
    printf 'It is too long for a comment: the rest is in the summary of that run.\n\n'
    # The last line may end within a character.
    head -c 60000 "$file" | LC_ALL=C sed '$d'
  else
    cat "$file"
  fi
} >"$body"

issues="repos/$GITHUB_REPOSITORY/issues"
# The comments of workflows: the id, and the first line.
earlier="$(
  gh api --paginate "$issues/$PULL_REQUEST/comments?per_page=100" \
    --jq '.[] | select(.user.login == "github-actions[bot]") | "\(.id) \(.body | split("\n")[0])"'
)"
id="$(sed -n "s/^\([0-9]*\) ## $title\$/\1/p" <<<"$earlier" | sed -n 1p)"
if [ -n "$id" ]; then
  gh api --silent --method PATCH "$issues/comments/$id" --field "body=@$body"
else
  gh api --silent --method POST "$issues/$PULL_REQUEST/comments" --field "body=@$body"
fi
