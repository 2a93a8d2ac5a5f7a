package quotes

// field is a header field that mail programs write above what they quote.
type field int

const (
	fieldNone field = iota
	fieldOther
	fieldFrom
	fieldTo
	fieldCc
	fieldBcc
	fieldReplyTo
	fieldDate
	fieldSubject
)

// labels maps what stands before the colon, in lower case, to its meaning. A
// label is believed only within a block of several, so that short and common
// words do no harm. A word that means different things in two languages stands in
// the list of its more common meaning.
var labels = makeLabels()

func makeLabels() map[string]field {
	m := make(map[string]field)
	for _, l := range labelWords {
		for _, w := range l.words {
			m[labelKey(w)] = l.field
		}
	}
	return m
}

var labelWords = []struct {
	field field
	words []string
}{
	{fieldOther, []string{
		"importance", "priority", "sensitivity", "resent-from", "resent-to", "resent-cc", "resent-date", "resent-message-id", "return-path", "received", "mime-version", "content-type", "user-agent", "x-mailer", "newsgroups", "attachments", "attachment", "organization", "organisation", "sender",
		"message-id", "mailed-by", "signed-by", "in-reply-to", "references", "security", "mailing list", "list",
		"wichtigkeit", "priorität", "anlagen", "anlage", "anhänge", "anhang", "priorité",
		"pièces jointes", "pièce jointe", "pj", "importancia", "prioridad", "datos adjuntos", "adjuntos", "prioridade",
		"importância", "anexos", "anexo", "priorità", "allegati", "allegato", "urgentie", "prioriteit", "bijlagen", "bijlage",
		"prioritet", "vedhæftede filer", "vedlegg", "bifogade filer", "bilagor", "tärkeys", "liitteet", "ważność", "załączniki",
		"důležitost", "přílohy", "dôležitosť", "prílohy", "fontosság", "mellékletek", "importanță", "atașări", "atașamente",
		"важность", "вложения", "важливість", "вкладення", "прикачени файлове", "privitci", "priloge", "manused", "pielikumi",
		"priedai", "συνημμένα", "önem", "ekler", "עדיפות", "קבצים מצורפים", "المرفقات", "الأهمية", "重要度", "添付ファイル",
		"첨부", "첨부파일", "중요도", "附件", "重要性", "优先级", "優先順序",
	}},
	{fieldReplyTo, []string{
		"reply-to", "reply to", "antwort an", "antworten an", "répondre à", "réponse à", "responder a", "rispondi a", "antwoord aan",
		"svar til", "svara till", "vastausosoite", "vastaa", "odpowiedz do", "odpověď komu", "odpovědět komu", "odpovedať",
		"válaszcím", "răspunde la", "răspundeți la", "кому отвечать", "ответить", "отговор до", "відповідь", "odgovori na", "odgovor na",
		"odgovori", "vasta", "atbildēt", "atsakyti", "απάντηση σε", "yanıtla", "yanıt adresi", "השב אל", "الرد على", "رد إلى", "پاسخ به",
		"ตอบกลับ", "trả lời", "balas ke", "返信先", "회신", "회신 주소", "回复", "回复至", "答复至", "回覆", "回覆至", "respon a", "erantzun",
	}},
	{fieldBcc, []string{
		"bcc", "blindkopie", "blind copy", "cci", "cco", "ccn", "bcn", "udw", "ukryta kopia", "skrytá kopie", "skrytá kopia", "titkos másolat",
		"скрытая копия", "ск", "прихована копія", "скрито копие", "skrivena kopija", "slepa kopija", "piilokopio", "hemlig kopia", "blind kopi",
		"gizli", "ιδιαίτερη κοινοποίηση", "עותק נסתר", "נמען סמוי", "نسخة مخفية", "密件抄送", "密送", "密件副本", "숨은 참조", "숨은참조", "สำเนาลับ",
	}},
	{fieldCc, []string{
		"cc", "c.c.", "copy", "copies", "kopie", "kopie an", "copie", "copie à", "copia", "copia a", "cópia", "com cópia", "in copia", "kopi", "kopi til",
		"kopia", "kopia till", "kopio", "kopija", "kópia", "dw", "do wiadomości", "másolat", "másolatot kap", "копия", "копие", "копія", "копија", "кc",
		"κοιν", "κοιν.", "κοινοποίηση", "bilgi", "kopya", "עותק", "העתק", "نسخة", "نسخة إلى", "رونوشت", "สำเนา", "สำเนาถึง", "đồng gửi", "đồng kính gửi",
		"tembusan", "salinan", "참조", "抄送", "副本", "副本抄送", "afrit", "koopia", "kopijas", "còpia", "amb còpia", "प्रतिलिपि", "सीसी", "kp", "másolat címzettjei",
	}},
	{fieldDate, []string{
		"date", "sent", "sent at", "sent on", "sent date", "date sent",
		"datum", "gesendet", "gesendet am", "versendet", "verschickt", "verzonden", "verzonden op", "verzonddatum", "verstuurd", "date d'envoi",
		"date d’envoi", "envoyé", "envoyé le", "envoyée", "envoyé à", "fecha", "fecha de envío", "enviado", "enviado el", "enviado em", "enviada", "enviada em",
		"enviado a", "enviat", "enviat el", "data", "data de envio", "data enviament", "inviato", "inviato il", "data invio", "data di invio", "dato", "sendt",
		"sendt den", "skickat", "skickades", "skickad", "lähetetty", "lähetyspäivä", "päiväys", "päivämäärä", "päivä", "pvm", "wysłano", "data wysłania",
		"odesláno", "odoslané", "odosláno", "poslané", "dátum", "elküldve", "küldve", "küldés dátuma", "trimis", "trimis la", "дата", "отправлено",
		"отправлен", "дата отправки", "изпратено", "изпратен", "надіслано", "відправлено", "дата надсилання", "poslano", "poslato", "послато", "датум",
		"saadetud", "saatmisaeg", "kuupäev", "datums", "nosūtīts", "nosūtīšanas datums", "sūtīts", "išsiųsta", "siųsta", "išsiuntimo data", "ημερομηνία",
		"ημ/νία", "στάλθηκε", "απεσταλμένα", "ημερομηνία αποστολής", "tarih", "tarihi", "gönderildi", "gönderme tarihi", "gönderim tarihi", "gönderilme tarihi",
		"תאריך", "נשלח", "נשלח בתאריך", "التاريخ", "تاريخ", "تاريخ الإرسال", "تم الإرسال", "أرسلت", "تم إرساله", "تاریخ", "ارسال", "ارسال شده", "วันที่", "ส่ง",
		"ส่งเมื่อ", "วันที่ส่ง", "ngày", "đã gửi", "ngày gửi", "gửi lúc", "tanggal", "dikirim", "terkirim", "tarikh", "dihantar", "日時", "日付", "送信日時",
		"送信日", "날짜", "보낸 날짜", "보낸날짜", "보냄", "일시", "日期", "发送时间", "发送日期", "发件时间", "时间", "寄件日期", "傳送日期", "傳送時間", "發送日期", "發送時間",
		"已傳送", "已发送", "時間", "दिनांक", "तारीख", "भेजा गया", "noiz", "dags", "dagsetning", "bidalita", "bidaltze-data", "bidalia", "dată", "expediat", "изпратено на", "enviado o", "εστάλη", "보낸시간", "보낸 시간", "nosūtīšanas laiks", "dáta", "seolta",
	}},
	{fieldTo, []string{
		"to", "an", "à", "pour", "adressaat", "adresāts", "adresats", "iki", "destinatarul", "pre", "коме", "kome", "المستلم", "hartzaileak", "a", "para", "per a", "aan", "til", "till", "do", "komu", "címzett", "címzettek", "către", "catre", "pentru", "кому", "до", "за",
		"za", "prima", "прима", "nori", "untuk", "kellele", "saaja", "kam", "προς", "kime", "alıcı", "אל", "לכבוד", "نحو", "إلى", "الى", "به", "گیرنده", "ถึง", "đến", "tới",
		"người nhận", "kepada", "ke", "宛先", "受信者", "받는 사람", "받는사람", "수신", "받는이", "收件人", "收件者", "प्रति", "को", "प्राप्तकर्ता", "hartzailea",
		"destinataire", "destinataires", "destinatario", "destinatário", "destinatari", "destinatar", "empfänger", "ontvanger", "vastaanottaja", "mottaker", "modtager",
		"mottagare", "odbiorca", "adresat", "adresát", "příjemce", "príjemca", "prejemnik", "primatelj", "primalac", "получатель", "одержувач", "получател", "viðtakandi",
		"παραλήπτης", "المرسل إليه", "penerima", "chuig",
	}},
	{fieldSubject, []string{
		"subject", "subj", "betreff", "betrifft", "betr", "objet", "sujet", "asunto", "assunto", "oggetto", "onderwerp", "emne", "ämne", "aihe", "otsikko",
		"temat", "předmět", "predmet", "vec", "tárgy", "subiect", "subiectul", "тема", "относно", "предмет", "наслов", "zadeva", "naslov", "teema", "pealkiri", "temats",
		"tēma", "tema", "θέμα", "konu", "נושא", "הנושא", "الموضوع", "موضوع", "عنوان", "เรื่อง", "หัวเรื่อง", "หัวข้อ", "chủ đề", "tiêu đề", "subjek", "judul", "perihal",
		"件名", "題名", "제목", "主题", "主旨", "主題", "标题", "標題", "विषय", "assumpte", "gaia", "efni", "ábhar", "tárgya", "perkara", "ชื่อเรื่อง", "viðfangsefni",
	}},
	{fieldFrom, []string{
		"from", "from name", "expeditorul", "від кого", "從", "von", "de", "da", "van", "fra", "från", "frá", "lähettäjä", "od", "odesílatel", "odosielateľ", "feladó", "küldő", "de la", "expeditor",
		"от", "от кого", "отправитель", "від", "відправник", "подател", "од", "šalje", "pošiljatelj", "pošiljalac", "шаље", "пошиљалац", "saatja", "kellelt", "no", "sūtītājs", "nuo", "siuntėjas",
		"από", "αποστολέας", "kimden", "gönderen", "gönderici", "מאת", "מ", "השולח", "من", "مِن", "المرسل", "از", "فرستنده", "จาก", "ผู้ส่ง", "từ", "người gửi", "dari", "daripada", "pengirim",
		"से", "差出人", "送信者", "送信元", "보낸 사람", "보낸사람", "보낸이", "발신", "发件人", "寄件者", "寄件人", "发信人", "發件人", "प्रेषक", "remetente", "mittente", "remitente", "absender", "afzender",
		"expéditeur", "nadawca", "avsender", "afsender", "avsändare", "nork", "bidaltzailea", "sendandi", "remitent",
	}},
}
