#!/bin/bash
# Becomes a command without the private variables in its environment:
#   hide-environment.sh COMMAND [ARGUMENT…]
# A process's first environment stays readable in /proc/PID/environ for every process of the same user,
# whatever is deleted from it later, and the agent's tools are of the same user. So the attempt's token and
# the machine's credentials are taken out before there is an agent: the command finds them in the pipe whose
# number LEO_HANDED_OVER says, as NAME=VALUE with a NUL after each. Once read they are nowhere else.
# Bash 3.2, which macOS has, can do all of this.
private=()
for name in "${!AWS_@}" "${!ECS_@}" "${!LEO_ATTEMPT_TOKEN@}" "${!CLAUDE_CODE_OAUTH_TOKEN@}" "${!ANTHROPIC_API_KEY@}" \
  "${!ANTHROPIC_AUTH_TOKEN@}"; do
  case $name in
  AWS_REGION | AWS_ENDPOINT_URL*) ;;
  *) private+=("$name") ;;
  esac
done

write_private() {
  for name in "${private[@]}"; do printf '%s=%s\0' "$name" "${!name}"; done
}
# The writer is left to the system, so that the command has no child that it does not know of. The pipe ends
# when the writer is gone, whose environment is still the whole one.
exec 9< <(write_private &) || exit
wait
unset "${private[@]}"
LEO_HANDED_OVER=9 exec "$@"
