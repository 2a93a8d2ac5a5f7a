{{/* GOMEMLIMIT of a program: what is set, or so many percent of its limit of memory; or
nothing, where there is no limit, or one in units that nobody uses for memory. Go knows
no units of Kubernetes. */}}
{{- define "postern.goMemLimit" -}}
{{- $limit := ((.of.resources).limits).memory | default "" -}}
{{- if not (kindIs "string" $limit) }}{{ $limit = $limit | int64 | toString }}{{ end -}}
{{- if .of.goMemLimit }}
{{- .of.goMemLimit }}
{{- else if regexMatch "^[0-9]+([.][0-9]+)?([kMGT]|[KMGT]i)?$" $limit }}
{{- $units := dict "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 }}
{{- $unit := get $units (regexFind "[A-Za-z]*$" $limit) }}
{{- printf "%dMiB" (divf (mulf (regexFind "^[0-9.]+" $limit | float64) $unit .percent) 104857600 | floor | int64) }}
{{- end }}
{{- end -}}
