{{/* The flags of the daemon, as a list in YAML. */}}
{{- define "postern.daemonFlags" -}}
- --declared=etcd
- --installation={{ .Values.installation }}
- --key-file=/etc/postern/key/key
- --secrets=/etc/postern/secrets
- --smtp=:2525
- --http=:8080
- --admin=:9090
{{- with .Values.hostname }}
- --hostname={{ . }}
{{- end }}
{{- include "postern.storeFlags" . }}
{{- include "postern.mailFlags" . }}
{{- include "postern.pageFlags" . }}
{{- with .Values.daemon.dns }}
- --dns={{ . }}
{{- end }}
{{- range .Values.daemon.issuerNetworks }}
- --issuer-network={{ . }}
{{- end }}
{{- range .Values.daemon.hookNetworks }}
- --hook-network={{ . }}
{{- end }}
{{- range .Values.daemon.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "postern.storeFlags" }}
{{- if include "postern.several" . }}
- --etcd={{ include "postern.etcdEndpoints" . }}
- --etcd-ca=/etc/postern/etcd/ca.crt
- --etcd-cert=/etc/postern/etcd/tls.crt
- --etcd-key=/etc/postern/etcd/tls.key
{{- else }}
- --etcd-listen=:2379
- --etcd-listen-ca=/etc/postern/etcd/ca.crt
- --etcd-listen-cert=/etc/postern/etcd/tls.crt
- --etcd-listen-key=/etc/postern/etcd/tls.key
{{- end }}
{{- if .Values.s3.enabled }}
- --s3-endpoint={{ .Values.s3.endpoint }}
- --s3-bucket={{ .Values.s3.bucket }}
{{- with .Values.s3.region }}
- --s3-region={{ . }}
{{- end }}
{{- with .Values.s3.prefix }}
- --s3-prefix={{ . }}
{{- end }}
{{- if .Values.s3.credentialsSecret }}
- --s3-credentials=/etc/postern/s3
{{- end }}
{{- end }}
{{- end -}}

{{- define "postern.mailFlags" }}
{{- if .Values.smtp.smtps }}
- --smtps=:4650
{{- end }}
{{- if .Values.smtp.lmtp.enabled }}
- --lmtp=:2424
{{- end }}
{{- range .Values.smtp.proxyProtocol }}
- --proxy-protocol={{ . }}
{{- end }}
{{- range .Values.smtp.trustedRelays }}
- --trusted-relay={{ . }}
{{- end }}
{{- range .Values.smtp.relayResults }}
- --relay-results={{ . }}
{{- end }}
{{- range .Values.smtp.repairLineEnds }}
- --repair-line-ends={{ . }}
{{- end }}
{{- with .Values.smtp.greetingDelay }}
- --greeting-delay={{ . }}
{{- end }}
{{- with .Values.relay.server }}
- --relay={{ . }}
{{- end }}
{{- with .Values.relay.user }}
- --relay-user={{ . }}
{{- end }}
{{- end -}}

{{- define "postern.pageFlags" }}
{{- if .Values.portal.https }}
- --https=:8443
{{- end }}
{{- range .Values.portal.trustedProxies }}
- --trusted-proxy={{ . }}
{{- end }}
{{- if include "postern.tlsSecrets" . | fromYamlArray }}
- --tls=/etc/postern/tls
{{- end }}
{{- with .Values.tls.acme }}
{{- if .enabled }}
- --acme={{ default "on" .email }}
{{- with .directory }}
- --acme-directory={{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
