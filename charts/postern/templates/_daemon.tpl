{{/* Whether several daemons may run, and so a Deployment: "true", or nothing. */}}
{{- define "postern.several" -}}
{{- if eq .Values.etcd.mode "External" }}true{{ end -}}
{{- end -}}

{{/* The pods of the daemon, the same in a StatefulSet and in a Deployment. */}}
{{- define "postern.daemonPod" -}}
{{- $several := include "postern.several" . -}}
{{- $daemon := dict "root" $ "component" "daemon" -}}
metadata:
  labels:
    {{- /* Without the version of the chart, which would start them again for nothing. */}}
    {{- include "postern.selector" $daemon | nindent 4 }}
    {{- with .Values.daemon.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- with include "postern.podAnnotations" (dict "root" $ "of" .Values.daemon) }}
  annotations: {{- . | nindent 4 }}
  {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  serviceAccountName: {{ include "postern.fullname" . }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
  {{- end }}
  terminationGracePeriodSeconds: {{ .Values.daemon.terminationGracePeriodSeconds }}
  securityContext: {{- include "postern.podSecurity" . | nindent 4 }}
  {{- if $several }}
  topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "postern.selector" $daemon | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
  {{- end }}
  {{- include "postern.placement" (dict "of" .Values.daemon) | nindent 2 }}
  containers:
  - name: postern
    image: {{ include "postern.image" (dict "root" $ "image" .Values.daemon.image) }}
    imagePullPolicy: {{ .Values.daemon.image.pullPolicy }}
    args:
    - serve
    {{- range include "postern.daemonFlags" . | fromYamlArray }}
    - {{ . | quote }}
    {{- end }}
    env:
    - {name: POSTERN_DIR, value: /var/lib/postern}
    - name: POD_IP
      valueFrom: {fieldRef: {fieldPath: status.podIP}}
    {{- with include "postern.goMemLimit" (dict "of" .Values.daemon "percent" 75) }}
    - {name: GOMEMLIMIT, value: {{ . }}}
    {{- end }}
    {{- if .Values.daemon.authoritiesConfigMap }}
    - {name: SSL_CERT_DIR, value: /etc/postern/authorities}
    {{- end }}
    ports:
    - {name: smtp, containerPort: 2525}
    {{- if .Values.smtp.smtps }}
    - {name: smtps, containerPort: 4650}
    {{- end }}
    {{- if .Values.smtp.lmtp.enabled }}
    - {name: lmtp, containerPort: 2424}
    {{- end }}
    - {name: http, containerPort: 8080}
    {{- if .Values.portal.https }}
    - {name: https, containerPort: 8443}
    {{- end }}
    - {name: admin, containerPort: 9090}
    {{- if not $several }}
    - {name: etcd, containerPort: 2379}
    {{- end }}
    # None of them asks SMTP, which would only fill the log; alive does not depend on etcd.
    startupProbe:
      httpGet: {path: /livez, port: admin}
      periodSeconds: 5
      failureThreshold: 60
    livenessProbe:
      httpGet: {path: /livez, port: admin}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    readinessProbe:
      httpGet: {path: /readyz, port: admin}
      periodSeconds: 5
      timeoutSeconds: 3
    {{- if $several }}
    # It goes on taking mail until balancers know that it ends: others do what comes then.
    lifecycle: {preStop: {sleep: {seconds: 5}}}
    {{- end }}
    resources: {{- toYaml .Values.daemon.resources | nindent 6 }}
    securityContext: {{- include "postern.containerSecurity" . | nindent 6 }}
    volumeMounts:
    - {name: state, mountPath: /var/lib/postern}
    - {name: tmp, mountPath: /tmp}
    - {name: key, mountPath: /etc/postern/key, readOnly: true}
    - {name: etcd, mountPath: /etc/postern/etcd, readOnly: true}
    {{- range include "postern.tlsSecrets" . | fromYamlArray }}
    - {name: {{ printf "tls-%s" (sha256sum . | trunc 10) }}, mountPath: /etc/postern/tls/{{ . }}, readOnly: true}
    {{- end }}
    {{- if and .Values.s3.enabled .Values.s3.credentialsSecret }}
    - {name: s3, mountPath: /etc/postern/s3, readOnly: true}
    {{- end }}
    {{- if and .Values.s3.enabled .Values.s3.authorityConfigMap }}
    - {name: s3-authority, mountPath: /etc/postern/s3-authority, readOnly: true}
    {{- end }}
    {{- if .Values.relay.passwordSecret }}
    - {name: relay, mountPath: /etc/postern/secrets/_daemon/relay, readOnly: true}
    {{- end }}
    {{- if .Values.daemon.authoritiesConfigMap }}
    - {name: authorities, mountPath: /etc/postern/authorities, readOnly: true}
    {{- end }}
  volumes:
  {{- if $several }}
  - name: state
    emptyDir: {sizeLimit: {{ .Values.daemon.scratchSize }}}
  {{- end }}
  - name: tmp
    emptyDir: {}
  - name: key
    secret: {secretName: {{ include "postern.keySecret" . }}, defaultMode: 0440, items: [{key: key, path: key}]}
  - name: etcd
    secret: {secretName: {{ if $several }}{{ include "postern.etcdClientSecret" . }}{{ else }}{{ include "postern.etcdServerSecret" . }}{{ end }}, defaultMode: 0440}
  {{- range include "postern.tlsSecrets" . | fromYamlArray }}
  - name: {{ printf "tls-%s" (sha256sum . | trunc 10) }}
    secret: {secretName: {{ . }}, defaultMode: 0440}
  {{- end }}
  {{- if and .Values.s3.enabled .Values.s3.credentialsSecret }}
  - name: s3
    secret: {secretName: {{ .Values.s3.credentialsSecret }}, defaultMode: 0440, items: [{key: access-key, path: access-key}, {key: secret-key, path: secret-key}]}
  {{- end }}
  {{- if and .Values.s3.enabled .Values.s3.authorityConfigMap }}
  - name: s3-authority
    configMap: {name: {{ .Values.s3.authorityConfigMap }}, items: [{key: ca.crt, path: ca.crt}]}
  {{- end }}
  {{- if .Values.relay.passwordSecret }}
  - name: relay
    secret: {secretName: {{ .Values.relay.passwordSecret }}, defaultMode: 0440, items: [{key: password, path: password}]}
  {{- end }}
  {{- if .Values.daemon.authoritiesConfigMap }}
  - name: authorities
    configMap: {name: {{ .Values.daemon.authoritiesConfigMap }}}
  {{- end }}
{{- end -}}
