#!/usr/bin/env bash
# Writes the step output "stacks": a JSON array of the stacks that the workflow is for. Those are named, separated by
# spaces, in STACKS, or just STACK of them where that is not empty; each has a file Pulumi.NAME.yaml.
set -euo pipefail

files=''
for file in Pulumi.*.yaml; do
  file="${file#Pulumi.}"
  files="$files ${file%.yaml}"
done

# Whether a name is in a list.
is_among() { case " $2 " in *" $1 "*) ;; *) return 1 ;; esac }

fault=false
refuse() {
  echo "::error title=Unknown stack::$1"
  fault=true
}

if [ -z "$STACKS" ]; then
  echo '::notice title=No stack is set up::Nothing is done with AWS: the variable STACKS is not set. See docs/github-actions.md.'
fi
for stack in $STACKS; do
  is_among "$stack" "$files" ||
    refuse "The variable STACKS names \"$stack\", and there is no Pulumi.$stack.yaml; the stacks are$files."
done
for stack in $files; do
  if [ -n "$STACKS" ] && ! is_among "$stack" "$STACKS"; then
    echo "::notice title=$stack is left out::The variable STACKS does not name it."
  fi
done
chosen="${STACK:-$STACKS}"
if [ -n "${STACK:-}" ]; then
  is_among "$STACK" "$STACKS" || refuse "\"$STACK\" is none of the variable STACKS: $STACKS."
fi
[ "$fault" = false ]

json=''
for stack in $chosen; do json="$json${json:+,}\"$stack\""; done
echo "stacks=[$json]" >>"$GITHUB_OUTPUT"
