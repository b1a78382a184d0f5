# Completes the brume command in bash.
_brume() {
  local word="${COMP_WORDS[COMP_CWORD]}" command="${COMP_WORDS[1]}"
  local document="--set --devices --help"
  local words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="simulate up check explain schema list bench status stop drain state pki model data codec --help --version"
  else
    case "$command" in
      simulate) words="$document --seed --workers --out --resume --trace --json" ;;
      up) words="$document --reproducible --profile-pace --out --json" ;;
      status) words="--state --json --help" ;;
      stop | drain) words="--state --help" ;;
      state) words="models export import rollback history backup restore --state --version --out --json --help" ;;
      pki) words="init issue renew token revoke show --name --days --hours --out --help" ;;
      model) words="init inspect $document --out --json" ;;
      codec) words="bench plot --codec --input --elements --out --json --help" ;;
      data) words="inspect $document --show --svg --json" ;;
      check | explain) words="$document" ;;
      schema) words="--markdown --plugin --help" ;;
      bench) words="device $document --out" ;;
      list) words="algorithms codecs models datasets partitions selections optimizers schedules devices links cells --json --plugin --help" ;;
    esac
  fi
  # shellcheck disable=SC2207
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  case "$command" in
    simulate | up | check | explain | bench | status | stop | drain | state | pki | model | data | codec) [ "$COMP_CWORD" -gt 1 ] && COMPREPLY+=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _brume brume
