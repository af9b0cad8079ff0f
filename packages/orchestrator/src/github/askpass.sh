#!/bin/sh
# git runs this to ask for the user name and the password. The token is in this process's environment
# and nowhere else: not in a URL, an argument or a file.
case "$1" in
Username*) echo x-access-token ;;
*) printf '%s\n' "$LEO_GIT_TOKEN" ;;
esac
