{{/*
Rules of a role of operator/rbac, whose files stand in files/rbac. Called with
(dict "root" $ "file" "program" "kind" "Role" "namespace" "own"); the namespace is "" for
a ClusterRole.
*/}}
{{- define "postern.rules" -}}
{{- $rules := list -}}
{{- range splitList "---\n" (.root.Files.Get (printf "files/rbac/%s.yaml" .file)) -}}
{{- $role := fromYaml . -}}
{{- if and (eq (default "" $role.kind) $.kind) (eq (dig "metadata" "namespace" "" $role) $.namespace) -}}
{{- $rules = concat $rules $role.rules -}}
{{- end -}}
{{- end -}}
{{- if not $rules }}{{ fail (printf "files/rbac/%s.yaml has no rules of a %s %s" .file .kind .namespace) }}{{ end -}}
{{ toYaml $rules }}
{{- end -}}

{{/* Who the operator is. */}}
{{- define "postern.operatorSubject" -}}
- {kind: ServiceAccount, name: {{ include "postern.fullname" . }}-operator, namespace: {{ .Release.Namespace }}}
{{- end -}}
