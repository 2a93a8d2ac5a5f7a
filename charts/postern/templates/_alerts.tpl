{{/* Alerts, as a list in YAML: only what somebody has to do something about. Each has a
section of its name in docs/operations.md. Replicas tell the same of the store, so that
max comes before any sum. */}}
{{- define "postern.alerts" -}}
{{- $in := printf "namespace=%q" .Release.Namespace -}}
{{- $with := .Values.monitoring.prometheusRule -}}
- alert: PosternDown
  expr: {{ printf "absent(postern_store_up{%s})" $in | quote }}
  for: 10m
  labels: {severity: critical}
  annotations:
    summary: No replica of Postern tells how it is
    description: None runs, or Prometheus does not ask them. Mail waits at its senders, who try for some days.
- alert: PosternStoreDown
  expr: {{ printf "min(postern_store_up{%s}) == 0" $in | quote }}
  for: 5m
  labels: {severity: critical}
  annotations:
    summary: etcd does not answer Postern
    description: Mail is asked to come again, and pages that need records do not work.
- alert: PosternMailPutOff
  expr: {{ printf "sum(increase(postern_mails_refused_total{reason=\"error\", %s}[15m])) > 0" $in | quote }}
  for: 15m
  labels: {severity: critical}
  annotations:
    summary: Mail is put off because of an error of Postern
    description: Senders try again for some days. The log of the daemon says what is wrong.
- alert: PosternInboundOld
  expr: {{ printf "max by (account, mailbox) (postern_inbound_oldest_seconds{%s}) > %d" $in (int $with.inboundOldestSeconds) | quote }}
  for: 5m
  labels: {severity: critical}
  annotations:
    summary: {{ "A mail to {{ $labels.account }}/{{ $labels.mailbox }} is not taken in since {{ $value | humanizeDuration }}" | quote }}
    description: It lies where it is. postern mailbox list and the log of the daemon say what keeps it.
- alert: PosternOutboxOld
  expr: {{ printf "max(postern_outbox_oldest_seconds{%s}) > %d" $in (int $with.outboxOldestSeconds) | quote }}
  for: 10m
  labels: {severity: warning}
  annotations:
    summary: A mail has been waiting to go out for a long time
    description: postern outbox list tells which, and the last words of the other server.
- alert: PosternRelayLeftAlone
  expr: {{ printf "max(postern_relays_open{%s}) > 0" $in | quote }}
  for: 15m
  labels: {severity: warning}
  annotations:
    summary: A relay is left alone while mail waits for it
    description: postern outbox list tells which, and why.
- alert: PosternMailHeld
  expr: {{ printf "sum by (account) (max by (account, mailbox) (postern_held_mails{%s})) > %d" $in (int $with.heldMost) | quote }}
  for: 10m
  labels: {severity: warning}
  annotations:
    summary: {{ "{{ $value }} mails of {{ $labels.account }} are held and wait for a decision" | quote }}
    description: postern held list names the causes.
- alert: PosternHeldMailOld
  expr: {{ printf "max by (account, mailbox) (postern_held_oldest_seconds{%s}) > %d" $in (int $with.heldOldestSeconds) | quote }}
  for: 1h
  labels: {severity: warning}
  annotations:
    summary: {{ "A held mail to {{ $labels.account }}/{{ $labels.mailbox }} waits for a decision since {{ $value | humanizeDuration }}" | quote }}
    description: After 30 days it is gone from the list. postern held list shows it.
- alert: PosternMailboxFailing
  expr: {{ printf "min by (account, mailbox) (postern_imap_up{%s}) == 0" $in | quote }}
  for: 15m
  labels: {severity: warning}
  annotations:
    summary: {{ "Mail of {{ $labels.account }}/{{ $labels.mailbox }} does not come in" | quote }}
    description: postern mailbox list names the step that fails, with the words of the server.
- alert: PosternNotProgrammed
  expr: {{ printf "sum by (kind, reason) (postern_operator_objects{reason!~\"Ready|Draft|Disabled\", %s}) > 0" $in | quote }}
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: {{ "{{ $value }} {{ $labels.kind }} are not served as they are declared: {{ $labels.reason }}" | quote }}
    description: kubectl get postern -A tells which, and the status of each says why.
- alert: PosternDeletionsHeld
  expr: {{ printf "max(postern_operator_store_held_accounts{%s}) > 0" $in | quote }}
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: Most help centers or mailboxes would vanish at once, and are kept
    description: If it is meant so, set operator.allowMassDelete for a moment.
- alert: PosternConfigurationRefused
  expr: {{ printf "max(postern_declared_refused{%s}) > 0" $in | quote }}
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: The daemon refuses something that is declared
    description: postern center list tells what and why; the last good one is served.
- alert: PosternCertificateEnds
  expr: {{ printf "min by (name) (postern_certificate_expiry_timestamp_seconds{%s}) - time() < %d * 86400" $in (int $with.certificateDays) | quote }}
  for: 1h
  labels: {severity: warning}
  annotations:
    summary: {{ "The certificate of {{ $labels.name }} is missing or ends soon" | quote }}
    description: The log of the daemon says why it was not renewed.
{{- end -}}
