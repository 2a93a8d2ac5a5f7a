package notice

// The lists hold what mail systems say, in lower case, without addresses.

// wordsChosen: the recipient takes mail, but not ours.
var wordsChosen = []string{"accept mail from", "accept mails from", "accept email from", "accept emails from", "accept e-mail from", "accept messages from", "accept any mail from", "accepting mail from", "accepting email from", "accepting messages from"}

// wordsFull: the mailbox holds no more.
var wordsFull = []string{
	"mailbox full", "mailbox is full", "mailbox for user is full", "mail box full", "mail box is full", "inbox is full", "inbox full", "mailfolder is full", "mailbox has exceeded",
	"over quota", "overquota", "over the quota", "over disk quota", "over its quota", "out of quota", "quota exceed", "reached quota", "reached its quota", "quota reached", "reached the quota", "exceeded quota", "exceeds quota", "exceeding their quota", "exceeding quota", "quota has been",
	"exceeded storage", "exceeded his", "exceeded the storage", "over the allowed quota", "exceed the quota", "would exceed", "over the maximum allowed", "quota full", "quota violation", "quotaexceeded",
	"disk quota", "disk full", "disc quota", "storage quota", "storage limit", "storage space", "out of storage", "exceeded the local limit", "messages in recipient's mailbox", "mail quota", "mailbox quota", "quota limit", "limit exceeded for mailbox", "exceeded mailbox", "mailbox size limit",
	"recipient's mailbox exceeded", "mailbox exceeded", "box space not enough", "not enough storage", "not enough space", "insufficient quota", "no space left", "insufficient disk", "insufficient system storage", "insufficient space", "exceeded allocated",
	"account is full", "user is full", "maildir over", "maildir delivery failed: user", "mailbox.full", "too many messages in the mailbox", "has too many messages",
	"boîte pleine", "boite pleine", "boîte aux lettres pleine", "boite aux lettres pleine", "quota dépassé", "espace disque insuffisant",
	"postfach ist voll", "postfach voll", "mailbox ist voll", "speicherplatz", "quota überschritten", "buzón lleno", "buzon lleno", "buzón está lleno", "cuota excedida", "casella piena", "caixa postal cheia", "caixa de correio cheia", "caixa cheia",
	"skrzynka pełna", "postvak vol", "postvak is vol", "почтовый ящик переполнен", "ящик переполнен", "превышена квота", "メールボックスがいっぱい", "容量を超え", "容量オーバー", "邮箱已满", "空间不足", "信箱已滿", "편지함이 가득", "brevlådan är full", "schránka je plná", "kutusu dolu",
}

// pairsFull: the mailbox holds no more, in the words of any program. The blank
// keeps out the ends of other words.
var pairsFull = []pair{{
	[]string{
		"mailbox", "mail box", "inbox", "quota", "storage", "mail store", "maildir", "mail folder", "mailfolder", "postfach", "posteingang", "boîte",
		"boite", "buzón", "buzon", "bandeja", "caixa postal", "caixa de entrada", "caixa de correio", "casella", "postvak", "mailboks", "postkasse",
		"brevlåda", "inkorg", "innboks", "indbakke", "postilaatikko", "skrzynk", "schránk", "postaláda", "postafiók", "căsuț", "cutia poștală", "ящик",
		"скринька", "пощенска", "γραμματοκιβώτιο", "posta kutusu", "gelen kutusu", "邮箱", "信箱", "郵箱", "メールボックス", "受信箱", "편지함", "메일함", "사서함", "صندوق",
		"תיבת", "กล่องจดหมาย", "hộp thư", "kotak surat", "sandučić",
	},
	[]string{
		" full", " over quota", " exceed", " no space", " too many messages", " over limit", " over its", " voll", " überschritten", " überfüllt",
		" plein", " dépass", " llen", " excedid", " superad", " sobrepas", " chei", " excede", " pien", " superat", " esaurit", " is vol", " zit vol", " överfull",
		" fuld", " täynnä", " pełn", " przepełnion", " przekroczon", " plná", " plna", " překročen", " prekročen", " megtelt", " betelt", " plin",
		" переполн", " превышен", " заповнен", " препълнен", " γεμάτ", " dolu", " aşıl", " đầy", " penuh", " prepun",
		"已满", "已滿", "超过", "超過", "超出", "いっぱい", "一杯", "満杯", "超え", "가득", "초과", "ممتلئ", "ملآن", "מלאה", "เต็ม",
	},
}}

// wordsLoop: the mail goes round.
var wordsLoop = []string{"too many hops", "hop count", "maximum hop", "mail loop", "routing loop", "forwarding loop", "loop detected", "loops back", "message looping", "too many received"}

// wordsClosed: the domain takes no mail at all, or its provider knows no such
// customer.
var wordsClosed = []string{
	"account or domain may not exist", "does not accept mail", "null mx", "nullmx", "does not accept email", "no mail is accepted", "user doesn't have a", "mx record that points to \"\"",
}

// wordsUnlisted: not in the directory of the organisation; the words are those
// of blocklists otherwise.
var wordsUnlisted = []string{"not in the directory", "not found in the directory", "no smtp service", "find a mail exchanger", "invalid user address",
	"nicht im domino", "nicht im adressbuch", "non répertorié dans", "non repertorie dans", "no figura en el", "no aparece en el directorio", "non elencat", "non presente nella rubrica", "não listado", "não está listado", "niet vermeld in", "niet in domino", "finns inte i domino", "nie ma na liście", "не указан в", "ディレクトリに登録", "ディレクトリにリスト", "ディレクトリに見つかり", "未在 domino", "디렉토리에 없",
}

// pairsUnlisted: not listed in a directory; hosts are not listed in other things.
var pairsUnlisted = []pair{{
	[]string{"not listed in", "isn't listed in", "not in"},
	[]string{"directory", "address book", "name & address", "domino", "public name", "adressbuch", "annuaire"},
}}

// wordsSize: too big, or too much at a time of what the recipient takes.
var wordsSize = []string{
	"message size exceeds", "size exceeds", "exceeds size", "exceeds maximum message size", "exceeds the maximum", "message too large", "message too big", "message is too large", "message is too big", "too large for", "larger than the", "larger than current", "size limit",
	"message larger than", "exceeded maximum size", "maximum message size", "max message size", "exceeds administrative limit", "exceeds limit", "message length exceeds", "too much mail data", "datagrootte", "zu groß", "zu gross", "trop volumineux", "demasiado grande", "サイズが大き", "サイズの上限", "太大",
	"message file too big", "mail is too big", "mail too big", "bigger than",
}

// wordsRefused: for what we sent, how, or from where.
var wordsRefused = []string{
	// authentication of the sender
	"dmarc", "spf ", "spf:", "spf)", "spf-", "bad spf", "dkim", "authentication information", "authentication checks", "unauthenticated", "not authenticated", "fails to pass", "authentication required", "must be authenticated", "sender id", "unauthorized", "not authorized", "not authorised", "isn't authorized",
	"not permitted to", "not allowed to send", "client host rejected", "sender verify", "sender verification", "callout verification", "verify failed", "unverified sender", "couldn't verify", "requires authentication", "authentifizierung",
	// spam, virus, content
	"spam", "junk mail", "unsolicited", "bulk email", "bulk mail", "uce", "virus ", "virus:", "virus.", "virus,", "viruses", "a virus", "malware", "infected", "phish", "trojan", "harmful", "content filter", "content rejected", "message content", "content presents", "banned content", "prohibited content", "blocked because its content", "header error", "messages with multiple",
	"suspicious", "multiple addresses in from", "not rfc", "rfc 5322", "rfc5322", "rfc 2822", "rfc2822", "rfc 822", "non-compliant", "syntax error", "invalid header", "bare lf", "line too long", "missing from", "missing header", "command parameter not implemented", "command not implemented", "unrecognized command", "bad sequence", "protocol violation", "protocol error: 5", "must issue", "starttls", "tls required", "encryption required",
	"attachment", "restricted content", "executable",
	// policy and lists
	"policy", "policies", "blacklist", "black list", "blocklist", "block list", "blocked", "blackhole", "black hole", "dnsbl", "rbl", "spamhaus", "spamcop", "barracuda", "sorbs", "proofpoint", "senderbase", "cloudmark", "abuse", "reputation", "listed in", "listed at", "listed on", "is listed", "banned", "denylist", "deny list", "greylist", "graylist", "grey listed", "greylisted",
	"reverse dns", "ptr record", "ptr for", "no ptr", "rdns", "reverse lookup", "reverse name", "unverifyable", "unverifiable", "cannot find your hostname", "cannot find your reverse", "find your reverse", "invalid helo", "helo command rejected", "helo name", "dynamic ip", "residential ip", "your ip", "this ip", "ip address", "traffic not accepted", "dt:spm", "open relay", "dial-up", "dialup", "smtp server of your isp", "use the smtp server", "use your isp",
	"geo-blocking", "country",
	"relay access denied", "relaying denied", "relay denied", "relaying not permitted", "relay not permitted", "unable to relay", "not permitted to relay", "relaying is not", "relaying prohibited", "we do not relay", "no relaying", "relay operation", "relaying mail to", "cannot relay", "relay not allowed", "not a gateway", "isn't in my list of allowed rcpthosts", "rcpthosts", "is not verified",
	// the sender
	"sender address rejected", "sender rejected", "sender denied", "sender refused", "sender not accepted", "bad sender", "invalid sender", "sender is", "sender domain", "sender's domain", "domain of sender", "domain of the sender", "sender address", "envelope sender", "return path", "not accepting mail from", "does not like your", "valid sender", "mail from you", "from you", "from your", "from: domain", "valid from:", "e2110", "backscatter", "unknown sender", "verify sender", "(sender)", "for sender", "of sender", "from address", "return address", "header from", "in the header", "header address", "you send from", "sending account", "authentication failed", "not authenticated", "out of sequence", "certificate", "license", "tls session", "mailfrom", "mail from", "you are not", "you have been", "your domain", "your host", "your server", "your email was rejected", "no access from",
	// too many, too fast
	"too many", "rate limit", "ratelimit", "rate that", "rate exceeded", "connection rate", "throttl", "too quickly", "too fast", "sending limit", "concurrency limit", "limit exceeded", "limits exceeded", "try again slowly", "message rate", "slow down", "connections from", "unusual rate", "deferred due to", "maximum connections",
	// plain refusals
	"access denied...", "message rejected", "mail rejected", "mail rejete", "mail rejeté", "message refused", "rejected for", "rejected due", "message was rejected", "rejected by the domain filter", "not accepted for", "not accepted due", "refused by", "administrative prohibition", "administratively", "prohibited by", "security reason", "security policy", "for security", "security risk", "security violation", "securityerror", "confidential", "recipient preferences", "email preferences", "sent to too many", "not accepting mail with", "connection refused by", "refused to talk", "refused connection", "connect refused", "closed network", "delivery not authorized", "not enough privileges", "restrict",
	"permission to post", "group you tried", "group you", "post messages to the group", "nicht berechtigt", "zum posten", "may not exist, or you may not have permission", "not have permission", "投稿する権限", "no permission", "permission denied to send", "only accept", "accepts only", "accept messages only from",
	"als spam", "werbung", "spamverdacht", "indésirable", "correo no deseado", "no deseado", "rejeté par", "abgewiesen", "abgelehnt", "rechazado por", "rifiutato", "geweigerd", "odrzucon", "отклонено", "спам", "заблокирован", "чёрн", "черн", "blackliste", "ブロック", "迷惑メール", "受信拒否", "拒否", "垃圾邮件", "垃圾郵件", "被拒绝", "拒收", "黑名单", "스팸", "차단", "bloqueado", "bloqueada", "bloqué", "geblokkeerd", "blockerad", "engellen", "bloccat",
}

// wordsSuspended: somebody was there, and may be again.
var wordsSuspended = []string{
	"suspended", "has been disabled", "is disabled", "account disabled", "mailbox disabled", "disabled recipient", "disabled mailbox", "user disabled", "recipient disabled", "is inactive", "inactive user", "inactive mailbox", "account inactive", "not active", "no longer active", "deactivated", "is frozen", "locked", "is not active", "temporarily inactive", "dormant", "disabled due", "disabled.", "disabled or", "disabled/", "currently disabled", "address disabled", "disabled or discontinued", "discontinued", "inactive for", "account expired", "mailbox expired", "unused for", "has been closed", "is currently not", "on hold", "mailbox frozen", "out of service", "not activated",
	"gesperrt", "deaktiviert", "désactiv", "desactivad", "deshabilitad", "inhabilitad", "desabilitad", "bloccat", "onemogućen", "letiltv", "zakázán", "devre dışı", "비활성", "中止", "凍結", "suspendu", "suspendid", "disattivat", "sospes", "zablokowane", "отключен", "停止", "已停用", "被禁用", "停用", "zawieszon", "inactif", "inactiv",
}

// wordsProgram: a program of the receiving server failed.
var wordsProgram = []string{
	"command output", "procmail", "pipe to", "local delivery agent", "couldn't create", "unable to create", "could not create", "mailer error", "exit status", "exit code", "child process", "child status", "child crashed", "no such file or directory", "cannot open", "openout", "permission denied", "unable to open", "failed to read", "ldap server", "temporary failure", "temporary lookup failure", "temporarily", "temporary", "try again later", "try later", "please try again", "operating system error", "lookup failure", "internal error", "internal server error", "server error", "system error", "database error", "service not available", "service unavailable, try", "queue file write error", "resources unavailable", "lmtp", "maildrop",
	"write error", "read error", "i/o error", "malformed or unexpected", "unexpected name server",
}

// wordsNobody: the address does not exist.
var wordsNobody = []string{
	"user unknown", "unknown user", "user not found", "user is unknown", "unknown local", "unknown recipient", "recipient unknown", "unknown mailbox", "unknown address",
	"unknown account", "unknown email", "unknown or illegal", "address unknown", "account unknown", "mailbox unknown", "unknown: user", "no such user", "no such mailbox",
	"no such recipient", "no such address", "no such person", "no such account", "no such name", "no such e-mail", "no such email", "no such local", "no such member",
	"no such alias", "no such customer", "nosuchuser", "no such id", "no-such-user", "no such domain at", "no mailbox", "mailbox not found", "mailbox does not exist",
	"mailbox doesn't exist", "mailbox unavailable", "mailbox not available", "mailbox is unavailable", "mailbox not exist", "mailbox not", "mailbox could not be found",
	"couldn't find any host", "not a valid mailbox", "invalid mailbox", "bad destination mailbox", "bad destination email", "no longer accepts", "no longer with",
	"no longer employed", "invalid recipient", "invalid user", "invalid account", "invalid email", "invalid e-mail", "invalid mailbox", "invalid destination",
	"invalid final delivery userid", "invalid userid", "illegal user", "illegal alias", "illegal recipient", "invalid local address", "bad recipient", "bad user",
	"bad mailbox address", "bad mailbox name", "incorrect address", "address is invalid", "address invalid", "address is incorrect", "user doesn't have", "not a user",
	"not a registered", "no final email delivery", "not have a final email", "not a valid user", "not a valid recipient", "not our customer", "not our user",
	"unrecognized recipient", "unrecognised recipient", "not listed in", "not in directory", "not in our", "no account", "no valid recipients", "no valid recipient",
	"has no mailbox", "no recipient", "recipnotfound", "recipientnotfound", "no one here", "nobody here", "no local mailbox", "no matches to", "no match for",
	"address does not", "user moved", "has left", "left the company", "undeliverable address", "recipient rejected", "rejected address", "recipient not accepted",
	"recipient not", "recipient address rejected: undeliverable", "verify recipient", "adresse inconnue", "utilisateur inconnu", "destinataire inconnu",
	"destinataire invalide", "boîte inconnue", "empfänger nicht", "kein solch", "無此", "查无", "找不到", "无此", "ユーザが見つ", "宛先不明", "あて先不明",
}

// pairsNobody: the user or address does not exist, in the words of any program.
// "Not found" alone may be about a record, a certificate or a file.
var pairsNobody = []pair{{
	[]string{
		"user", "recipient", "address", "mailbox", "account", "alias", "benutzer", "empfänger", "adresse", "postfach", "konto", "utilisateur", "destinataire", "compte",
		"usuario", "destinatario", "cuenta", "dirección", "usuário", "destinatário", "endereço", "conta", "utente", "indirizzo", "gebruiker", "ontvanger", "adres", "användare",
		"mottagare", "bruger", "modtager", "bruker", "mottaker", "käyttäjä", "vastaanottaja", "osoite", "kasutaja", "lietotāj", "adresāt", "vartotoj", "gavėj", "użytkownik",
		"adresat", "odbiorca", "uživatel", "příjemce", "používateľ", "príjemca", "felhasználó", "címzett", "utilizator", "destinatar", "korisnik", "primatelj", "primalac",
		"uporabnik", "prejemnik", "пользовател", "получател", "адресат", "ящик", "користувач", "одержувач", "отримувач", "потребител", "корисник", "χρήστη", "παραλήπτη",
		"διεύθυνση", "kullanıcı", "alıcı", "adresi", "用户", "用戶", "使用者", "收件人", "收件者", "地址", "ユーザ", "宛先", "受信者", "アドレス", "사용자", "수신자", "주소", "المستخدم", "المستلم", "משתמש",
		"נמען", "ผู้ใช้", "ผู้รับ", "người dùng", "người nhận", "pengguna", "penerima", "@", "local part", "local name", "person", "employee", "customer", "o/r name", "userid",
		"gebruikersnaam", "naam", "nom d", "adressat", "empfaenger", "mottagaren", "modtageren", "destinataires", "dirección de correo", "correo electrónico", "e-mail-adresse",
		"e-mailadres", "e-postadress", "boîte", "buzón", "casella", "caixa", "postvak", "brevlåda", "postkasse", "skrzynk", "schránk", "fiók", "邮箱", "郵箱", "信箱", "メールボックス",
		"사서함", "메일함", "кутия", "скриньк", "γραμματοκιβώτιο", "kutu", "คุณ",
	},
	[]string{
		" not found", " wasn't found", " was not found", " couldn't be found", " could not be found", " cannot be found", " can't be found", " does not exist",
		" doesn't exist", " doesnt exist", " do not exist", " not exist", " no longer exist", " no longer available", " no longer valid", " no longer in use",
		" no longer on server", " no longer works", " is unknown", " were unknown", " was unknown", " unknown to", " unknown in", " not known", " not a known",
		" not recognized", " not recognised", " isn't recognized", " deleted", " terminated", " departed", " has moved", " moved to", " bogus", " improper", " ambiguous",
		" not local", " not here", " name is not", " nonexistent", " non-existent", " non existent", " inexist", " invalid address", " bad address", " address error",
		" possibly incorrect", " not at this", " not accepted here", "no user", " has been retired", " has been removed", " been deleted", " existiert", " gibt es nicht",
		" introuvable", " inexistant", " aucun", " no se encuentra", " no existe", " localizad", " non presente", " non trovat", " inesistent", " bestaat niet", " onbekend",
		" finns inte", " findes ikke", " finnes ikke", " ei löydy", " ei ole", " ei eksisteeri", " ei leitud", " nav atrast", " neeksist", " nerast", " neegzist",
		" nie istnieje", " nieznan", " nie znalezion", " neexistuj", " nenalezen", " neznám", " nenájden", " nem található", " nem létez", " ismeretlen", " nu exist",
		" inexistent", " necunoscut", " ne postoji", " nepoznat", " nije pronađen", " ne obstaja", " neznan", " не существ", " не найден", " неизвест", " не зарегистр",
		" не знайдено", " не існує", " невідом", " не съществува", " непознат", " не постоји", " δεν βρέθηκε", " δεν υπάρχει", " άγνωστ", " bulunamad", " bulunmuyor",
		" mevcut değil", " yok", "不存在", "未找到", "找不到", "无效", "無效", "没有", "沒有", "いません", "ありません", "存在し", "見つかり", "見つから", "不明", "無効", "없습니다", "없음", "존재하지", "찾을 수", "غير موجود",
		"غير معروف", "לא קיים", "לא נמצא", "ไม่พบ", "ไม่มี", "không tồn tại", "không tìm thấy", "tidak ada", "tidak ditemukan", " n'existe pas", " unbekannter", " unbekannt",
		" existiert nicht", " nicht gefunden", " nicht bekannt", " ungültige", " desconocid", " no encontrad", " inválid", " não existe", " não encontrad", " inesistente",
		" sconosciuto", " non esiste", " ongeldig", " okänd", " ukjent", " ukendt", " ei ole olemassa", " tuntematon", " nieznany", " neexistuje", " nu există", " nu exista",
		" не существует", " недействителен", " geçersiz", "存在しません", "存在しない", "見つかりません", "見つからない", "없는", "찾을 수 없", "لا يوجد", " không tồn tại", " tidak ditemukan", " tidak ada",
	},
}}

// wordsNowhere: the domain does not exist.
var wordsNowhere = []string{
	"unroutable", "unrouteable", "could not find a gateway", "host unknown", "unknown host", "host not found", "domain not found", "unknown domain", "no such domain", "no such host", "domain does not exist", "domain is invalid", "invalid domain", "bad destination system", "nxdomain", "name or service not known", "non-existent domain", "no mx or a", "no mail exchanger", "couldn't find a mail exchanger", "all relevant mx records point to non-existent", "not a legal domain", "domain name not found", "illegal host/domain", "cannot resolve", "unresolvable", "no mx record", "host or domain name not found", "dns entries",
}

// wordsTrouble: the way there, or the server, has a trouble that may pass.
var wordsTrouble = []string{
	"timed out", "time out", "timeout", "time-out", "expired", "too long", "could not be delivered for", "retry timeout", "not responding", "no answer", "no route", "unreachable", "not reachable", "unable to connect", "connection refused", "can't connect", "cannot connect", "could not connect", "connection reset", "connection lost", "lost connection", "connection dropped", "connection closed", "connection failed", "closed connection", "remote protocol error", "unable to contact", "couldn't be contacted", "not contact", "name service error", "server failure", "dns error", "dns fail", "host is down", "offline", "busy", "loop", "transaction failed", "network is", "network error", "network problem", "network failure", "network unreachable", "transport", "delayed", "deferred", "queue", "retry", "retries", "giving up", "could not deliver for", "currently unavailable", "service unavailable", "service currently", "delivery attempts", "smtp connection",
	"zeitüberschreitung", "délai", "tiempo de espera", "tempo limite", "时间", "超时", "タイムアウト", "時間", "応答", "таймаут", "истек",
}

// wordsWeak: a refusal without a reason.
var wordsWeak = []string{
	"rejected", "access denied", "denied", "refused", "prohibited", "unacceptable", "not allowed", "not permitted", "unwilling", "filter", "rejeté", "rechaz", "rejeitad", "not like", "undesired", "not accept",
}
