{{/* The flags of the daemon, as a list in YAML: quoted, as whatever a value has in it stays one flag. */}}
{{- define "postern.daemonFlags" -}}
- --declared=etcd
- {{ printf "--installation=%s" .Values.installation | quote }}
- --key-file=/etc/postern/key/key
- --secrets=/etc/postern/secrets
- --smtp=:2525
- --http=:8080
- --admin=:9090
{{- with .Values.hostname }}
- {{ printf "--hostname=%s" . | quote }}
{{- end }}
{{- include "postern.storeFlags" . }}
{{- include "postern.mailFlags" . }}
{{- include "postern.pageFlags" . }}
{{- with .Values.daemon.dns }}
- {{ printf "--dns=%s" . | quote }}
{{- end }}
{{- range .Values.daemon.issuerNetworks }}
- {{ printf "--issuer-network=%s" . | quote }}
{{- end }}
{{- range .Values.daemon.hookNetworks }}
- {{ printf "--hook-network=%s" . | quote }}
{{- end }}
{{- range .Values.daemon.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "postern.storeFlags" }}
{{- if include "postern.several" . }}
- {{ printf "--etcd=%s" (include "postern.etcdEndpoints" .) | quote }}
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
- {{ printf "--s3-endpoint=%s" .Values.s3.endpoint | quote }}
- {{ printf "--s3-bucket=%s" .Values.s3.bucket | quote }}
{{- with .Values.s3.region }}
- {{ printf "--s3-region=%s" . | quote }}
{{- end }}
{{- with .Values.s3.prefix }}
- {{ printf "--s3-prefix=%s" . | quote }}
{{- end }}
{{- if .Values.s3.credentialsSecret }}
- --s3-credentials=/etc/postern/s3
{{- end }}
{{- if .Values.s3.authorityConfigMap }}
- --s3-ca=/etc/postern/s3-authority/ca.crt
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
- {{ printf "--proxy-protocol=%s" . | quote }}
{{- end }}
{{- range .Values.smtp.trustedRelays }}
- {{ printf "--trusted-relay=%s" . | quote }}
{{- end }}
{{- range .Values.smtp.relayResults }}
- {{ printf "--relay-results=%s" . | quote }}
{{- end }}
{{- range .Values.smtp.repairLineEnds }}
- {{ printf "--repair-line-ends=%s" . | quote }}
{{- end }}
{{- with .Values.smtp.greetingDelay }}
- {{ printf "--greeting-delay=%s" . | quote }}
{{- end }}
{{- with .Values.relay.server }}
- {{ printf "--relay=%s" . | quote }}
{{- end }}
{{- with .Values.relay.user }}
- {{ printf "--relay-user=%s" . | quote }}
{{- end }}
{{- end -}}

{{- define "postern.pageFlags" }}
{{- if .Values.portal.https }}
- --https=:8443
{{- end }}
{{- range .Values.portal.trustedProxies }}
- {{ printf "--trusted-proxy=%s" . | quote }}
{{- end }}
{{- if include "postern.tlsSecrets" . | fromYamlArray }}
- --tls=/etc/postern/tls
{{- end }}
{{- with .Values.tls.acme }}
{{- if .enabled }}
- {{ printf "--acme=%s" (default "on" .email) | quote }}
{{- with .directory }}
- {{ printf "--acme-directory=%s" . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
