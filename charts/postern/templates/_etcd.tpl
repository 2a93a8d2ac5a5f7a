{{/* Whether this chart makes the certificates of the etcd inside: "true", or nothing. */}}
{{- define "postern.etcdMadeHere" -}}
{{- if and (eq .Values.etcd.mode "Embedded") (eq .Values.etcd.embedded.tls.source "Chart") }}true{{ end -}}
{{- end -}}

{{/*
Certificates of the etcd inside, as JSON: those that the cluster has, unless one is missing
or their time has come; then all of them anew, with an authority whose key nobody keeps.
Made once for each rendering, as they are random and several templates ask for them.
*/}}
{{- define "postern.etcdCertificates" -}}
{{- if not (hasKey .Values "etcdCertificates") -}}
{{- $name := include "postern.fullname" . -}}
{{- $server := lookup "v1" "Secret" .Release.Namespace (printf "%s-etcd-server" $name) -}}
{{- $client := lookup "v1" "Secret" .Release.Namespace (printf "%s-etcd-client" $name) -}}
{{- $made := dict -}}
{{- if and $server $client (eq (index (default dict $server.data) "ca.crt") (index (default dict $client.data) "ca.crt")) -}}
{{- $after := dig "metadata" "annotations" "postern.dev/renew-after" "0" $server -}}
{{- if lt (now | unixEpoch | int64) (int64 $after) -}}
{{- $made = dict "server" $server.data "client" $client.data "renewAfter" $after -}}
{{- end -}}
{{- end -}}
{{- if not $made -}}
{{- $days := 1825 -}}
{{- $renewed := 365 -}}
{{- $ca := genCA (printf "%s-etcd" $name) $days -}}
{{- $host := include "postern.etcdHost" . -}}
{{- $for := genSignedCert $host nil (list $host (printf "%s-etcd" $name) (printf "%s.cluster.local" $host)) $days $ca -}}
{{- $of := genSignedCert (printf "%s-operator" $name) nil nil $days $ca -}}
{{- $made = dict
  "server" (dict "ca.crt" (b64enc $ca.Cert) "tls.crt" (b64enc $for.Cert) "tls.key" (b64enc $for.Key))
  "client" (dict "ca.crt" (b64enc $ca.Cert) "tls.crt" (b64enc $of.Cert) "tls.key" (b64enc $of.Key))
  "renewAfter" (add (now | unixEpoch | int64) (mul 86400 (sub $days $renewed)) | toString) -}}
{{- end -}}
{{- $_ := set $made "sum" (index $made.server "ca.crt" | sha256sum | trunc 16) -}}
{{- $_ := set .Values "etcdCertificates" $made -}}
{{- end -}}
{{- .Values.etcdCertificates | toJson -}}
{{- end -}}

{{/*
Annotations of pods, called with (dict "root" $ "of" .Values.daemon). Both programs read the
authority of etcd at their start alone, so with another one they are started again.
*/}}
{{- define "postern.podAnnotations" -}}
{{- $annotations := merge (dict) .of.podAnnotations -}}
{{- if include "postern.etcdMadeHere" .root -}}
{{- $_ := set $annotations "postern.dev/etcd-certificates" (include "postern.etcdCertificates" .root | fromJson).sum -}}
{{- end -}}
{{- with $annotations }}{{ toYaml . }}{{ end -}}
{{- end -}}
