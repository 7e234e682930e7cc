#!/bin/sh
# Apply mails as a maintainer does:
#
#	am.sh REPOSITORY COMMIT FOLDER...
#
# runs git am on the mails of each FOLDER, in order, in a clone of REPOSITORY at COMMIT,
# and prints the id of the tree that comes of it. It needs git and nothing else.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_COMMITTER_NAME=am GIT_COMMITTER_EMAIL=am@am.invalid

# Without files: git am writes those that it changes.
git clone --quiet --shared --no-checkout "$1" "$work/tree"
git -C "$work/tree" update-ref --no-deref HEAD "$2"
git -C "$work/tree" read-tree HEAD
shift 2
for folder; do
	set --
	for mail in "$(cd "$folder" && pwd)"/*.patch; do
		case $mail in
		*0000-cover-letter.patch) ;;
		*) set -- "$@" "$mail" ;;
		esac
	done
	git -C "$work/tree" am --quiet "$@" >&2
done
git -C "$work/tree" rev-parse 'HEAD^{tree}'
