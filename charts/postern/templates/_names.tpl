{{/*
What all names begin with; 40 characters leave room for what is appended. A release may have
dots in its name, a Service may not.
*/}}
{{- define "postern.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | replace "." "-" | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | replace "." "-" | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What things of a component are selected by: it can never change. Called with (dict "root" $ "component" "daemon"). */}}
{{- define "postern.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "postern.labels" -}}
{{ include "postern.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: postern
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* An image, called with (dict "root" $ "image" .Values.daemon.image). */}}
{{- define "postern.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default .root.Chart.AppVersion .image.tag }}
{{- end -}}
{{- end -}}

{{/* Where the etcd is that the operator goes to. */}}
{{- define "postern.etcdEndpoints" -}}
{{- if eq .Values.etcd.mode "Embedded" -}}
https://{{ include "postern.etcdHost" . }}:2379
{{- else -}}
{{ join "," .Values.etcd.external.endpoints }}
{{- end -}}
{{- end -}}

{{- define "postern.etcdHost" -}}
{{ include "postern.fullname" . }}-etcd.{{ .Release.Namespace }}.svc
{{- end -}}

{{/* The Secret with the certificate of the etcd inside. */}}
{{- define "postern.etcdServerSecret" -}}
{{- if eq .Values.etcd.embedded.tls.source "Secrets" -}}
{{ .Values.etcd.embedded.tls.serverSecret }}
{{- else -}}
{{ include "postern.fullname" . }}-etcd-server
{{- end -}}
{{- end -}}

{{/* The Secret that clients of etcd have: the operator, and the daemon if etcd is outside. */}}
{{- define "postern.etcdClientSecret" -}}
{{- if eq .Values.etcd.mode "External" -}}
{{ .Values.etcd.external.clientSecret }}
{{- else if eq .Values.etcd.embedded.tls.source "Secrets" -}}
{{ .Values.etcd.embedded.tls.clientSecret }}
{{- else -}}
{{ include "postern.fullname" . }}-etcd-client
{{- end -}}
{{- end -}}

{{- define "postern.keySecret" -}}
{{ default (printf "%s-key" (include "postern.fullname" .)) .Values.key.existingSecret }}
{{- end -}}

{{/* Folders of Secrets that the daemon finds certificates in, as a list in YAML. */}}
{{- define "postern.tlsSecrets" -}}
{{- $secrets := .Values.tls.secrets -}}
{{- if .Values.tls.certManager.enabled -}}
{{- $secrets = append $secrets (printf "%s-tls" (include "postern.fullname" .)) -}}
{{- end -}}
{{ $secrets | uniq | toYaml }}
{{- end -}}

{{/* Port of an address or a URL, or the other one: called with (list "HOST:25" 25). */}}
{{- define "postern.port" -}}
{{ index . 0 | regexFind ":[0-9]+$" | trimPrefix ":" | default (index . 1) }}
{{- end -}}

{{/* The one kind of pod that every namespace with "restricted" takes. */}}
{{- define "postern.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "postern.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Where pods of a component run, called with (dict "root" $ "of" .Values.daemon "component" "daemon"). */}}
{{- define "postern.placement" -}}
{{- with .of.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.tolerations }}
tolerations: {{- toYaml . | nindent 0 }}
{{- end }}
{{- with .of.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.priorityClassName }}
priorityClassName: {{ quote . }}
{{- end }}
{{- end -}}

{{/* How a Service is reached from outside of the cluster, called with its values. */}}
{{- define "postern.reach" -}}
type: {{ .type }}
{{- with .ipFamilyPolicy }}
ipFamilyPolicy: {{ . }}
{{- end }}
{{- if has .type (list "LoadBalancer" "NodePort") }}
externalTrafficPolicy: {{ .externalTrafficPolicy }}
{{- end }}
{{- if eq .type "LoadBalancer" }}
{{- with .loadBalancerSourceRanges }}
loadBalancerSourceRanges: {{- toYaml . | nindent 0 }}
{{- end }}
{{- with .loadBalancerClass }}
loadBalancerClass: {{ quote . }}
{{- end }}
{{- end }}
{{- end -}}
