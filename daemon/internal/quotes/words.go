package quotes

import "strings"

// Phrases of mail programs in many languages, all in lower case. They are
// facts about those programs; each list is matched only in its place (a whole
// line, the end of an attribution, the start of a subject), never in running
// text.

// wrote are the verbs of attribution lines, as whole words. Where a language
// marks the gender with an ending in brackets, the bare stem is listed too.
var wrote = setOf(
	"wrote", "writes", "écrit", "schrieb", "geschrieben", "escribió", "escribio", "escreveu", "scritto", "scrive", "scrisse", "schreef",
	"geschreven", "skrev", "skreiv", "skrifaði", "kirjoitti", "napisał", "napisała", "napisał(a)", "napisał/a", "napisał/-a", "pisze", "napsal", "napsala", "napsal(a)", "napísal",
	"napísala", "napísal(a)", "napísal/a", "píše", "írta", "scris", "написал", "написала", "написал(а)", "писал", "писал(а)", "пишет", "пише", "написа", "написав",
	"написав(ла)", "написав(-ла)", "написао", "napisao", "napisala", "napisao/la", "napisao(la)", "napisal", "napisal/-a", "napisal(a)", "piše", "kirjutas",
	"rakstīja", "raksta", "rašė", "parašė", "έγραψε", "yazdı", "yazmış", "כתב", "כתבה", "כתב/ה", "كتب", "كتبت", "نوشت", "เขียนว่า", "เขียน", "viết", "menulis", "tulis", "書きました",
	"写道", "寫道", "写了", "작성", "작성함", "लिखा", "escriure", "escrigué", "escribiu", "idatzi", "scríobh", "ysgrifennodd", "написано",
	"escrit", "napisana", "쓴", "написао/ла", "a ecrit",
)

// wroteInside are verbs that scripts without blanks, or with suffixes, attach
// to other words.
var wroteInside = []string{
	"写道", "寫道", "のメール", "書きました", "書き込みました", "님이 작성", "님이 쓴", "เขียนว่า", "เขียน:", "şunu yazdı", "a écrit", "ने लिखा", "님의 메일", "님이 다음과", "님의 말", "쓴 글", "تمت كتابة", "je napisal",
}

// forwardedPhrases stand alone on a line above a forwarded mail.
var forwardedPhrases = setOf(
	"forwarded message", "begin forwarded message", "forwarded mail", "start of forwarded message", "begin forward message", "forwarded email", "forward message",
	"weitergeleitete nachricht", "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail", "weitergeleitete mail", "weitergeleitete e-mail",
	"message transféré", "message transmis", "début du message transféré", "début du message réexpédié", "courriel transféré", "message réexpédié", "e-mail transféré",
	"mensaje reenviado", "inicio del mensaje reenviado", "mensaje remitido", "correo reenviado",
	"mensagem encaminhada", "mensagem reencaminhada", "início da mensagem encaminhada", "início da mensagem reencaminhada", "início de mensagem encaminhada", "mensagem reenviada", "e-mail encaminhado",
	"messaggio inoltrato", "inizio messaggio inoltrato", "inizio del messaggio inoltrato", "inoltro messaggio",
	"doorgestuurd bericht", "begin doorgestuurd bericht", "doorgestuurde bericht", "doorgezonden bericht", "doorgestuurde e-mail",
	"videresendt meddelelse", "videresendt besked", "start på videresendt besked", "begynder videresendt meddelelse", "videresendt mail",
	"videresendt melding", "videresendt e-post", "starten på videresendt melding", "begynnelsen på videresendt melding", "vidaresend melding", "videresendt epost",
	"vidarebefordrat meddelande", "vidarebefordrat brev", "vidarebefordrat mejl", "börja vidarebefordrat meddelande", "början på vidarebefordrat meddelande", "påbörja vidarebefordrat meddelande", "vidarebefordrat e-postmeddelande",
	"välitetty viesti", "edelleenlähetetty viesti", "välitetty viesti alkaa", "aloita välitetty viesti", "viesti välitetty", "edelleen lähetetty viesti",
	"áframsent skeyti", "framsend skilaboð", "áframsend skilaboð", "áframsendur póstur",
	"wiadomość przekazana dalej", "przekazana wiadomość", "wiadomość przekazana", "treść przekazanej wiadomości", "początek przekazywanej wiadomości", "początek przekazanej wiadomości", "przekazywana wiadomość", "przesłana wiadomość", "wiadomość przesłana dalej", "przekazany e-mail",
	"přeposlaná zpráva", "předaná zpráva", "přeposlaný e-mail", "začátek přeposílané zprávy", "přeposlaná správa", "začátek přeposlané zprávy",
	"preposlaná správa", "preposlana sprava", "začiatok preposlanej správy", "preposlaný e-mail",
	"továbbított üzenet", "továbbított levél", "továbbított üzenet kezdete", "továbbított levél kezdete", "továbbított e-mail", "a továbbított üzenet kezdete", "továbbküldött üzenet",
	"mesaj redirecționat", "mesaj redirectionat", "mesaj înaintat", "început mesaj redirecționat", "începe mesajul redirecționat", "începutul mesajului redirecționat", "mesaj retransmis", "mesaj transmis mai departe",
	"пересылаемое сообщение", "пересланное сообщение", "пересылаемое письмо", "пересланное письмо", "начало переадресованного сообщения", "начало пересылаемого сообщения", "перенаправленное сообщение", "переадресованное сообщение", "начало пересланного сообщения", "конец пересылаемого сообщения",
	"препратено съобщение", "препратено писмо", "препратен имейл", "начало на препратеното съобщение", "начало на препратено съобщение",
	"переслане повідомлення", "перенаправлене повідомлення", "перенаправлений лист", "початок переадресованого повідомлення", "початок листа, що пересилається", "переадресоване повідомлення", "пересланий лист", "початок пересланого повідомлення",
	"прослеђена порука", "проследјена порука", "prosleđena poruka", "prosledjena poruka", "početak prosleđene poruke", "почетак прослеђене поруке", "преусмерена порука",
	"proslijeđena poruka", "početak proslijeđene poruke", "započni proslijeđenu poruku", "proslijeđeni e-mail",
	"posredovano sporočilo", "začetek posredovanega sporočila", "začni posredovano sporočilo", "preposlano sporočilo",
	"edastatud kiri", "edasisaadetud kiri", "edastatud sõnum", "edastatud kirja algus", "edastatud meil", "edasisaadetud sõnum",
	"pārsūtīta ziņa", "pārsūtītā ziņa", "pārsūtīts ziņojums", "pārsūtītais ziņojums", "pārsūtīta vēstule", "pārsūtītā vēstule", "pārsūtītās ziņas sākums",
	"persiųstas laiškas", "persiunčiamas laiškas", "persiųstas pranešimas", "persiųsta žinutė", "persiųsto laiško pradžia", "peradresuotas laiškas",
	"προωθημένο μήνυμα", "προωθηθέν μήνυμα", "έναρξη προωθημένου μηνύματος", "προώθηση μηνύματος", "αρχή προωθημένου μηνύματος",
	"iletilen mesaj", "ileti başlangıcı", "iletilmiş mesaj", "yönlendirilen mesaj", "yönlendirilmiş ileti", "iletilen ileti", "i̇letilmiş ileti", "iletilen ileti başlangıcı", "iletilmiş mesajın başlangıcı", "yönlendirilen ileti", "iletilmiş e-posta", "ileti aktarıldı",
	"הודעה שהועברה", "הודעה מועברת", "תחילת ההודעה שהועברה", "התחל הודעה שהועברה", "תחילת הודעה שהועברה", "דואל שהועבר", "הודעה שנשלחה הלאה",
	"رسالة معاد توجيهها", "رسالة معاد إرسالها", "الرسالة المعاد توجيهها", "رسالة مُعاد توجيهها", "بداية الرسالة المعاد توجيهها", "الرسالة المُعاد توجيهها", "رسالة محولة", "رسالة محوّلة", "بدء الرسالة المعاد توجيهها", "رسالة مُحوّلة",
	"پیام هدایت\u200cشده", "پیام هدایت شده", "پیام ارسال\u200cشده", "پیام بازارسال شده", "پیام فوروارد شده", "پیام ارجاع شده",
	"ข้อความที่ส่งต่อ", "ข้อความส่งต่อ", "ข้อความที่ถูกส่งต่อ", "เริ่มข้อความที่ส่งต่อ", "เริ่มต้นข้อความที่ส่งต่อ", "จดหมายที่ส่งต่อ",
	"thư đã chuyển tiếp", "thư được chuyển tiếp", "tin nhắn được chuyển tiếp", "thư chuyển tiếp", "bắt đầu thư được chuyển tiếp", "bắt đầu thư chuyển tiếp", "tin nhắn chuyển tiếp", "tin nhắn đã được chuyển tiếp", "thông điệp chuyển tiếp", "email được chuyển tiếp", "bắt đầu thư đã chuyển tiếp",
	"pesan yang diteruskan", "pesan terusan", "awal pesan yang diteruskan", "pesan diteruskan", "mulai pesan terusan", "mulai pesan yang diteruskan", "mesej yang dimajukan", "mesej dimajukan", "permulaan mesej yang dimajukan", "mula mesej yang dimajukan",
	"転送メッセージ", "転送されたメッセージ", "転送されたメール", "転送メール", "転送されたメッセージの始まり", "転送元メッセージ",
	"전달된 메시지", "전달된 메일", "전달 메시지", "전달된 메시지 시작", "전달 메일", "전달된 이메일", "전달된 메세지", "전달된 편지", "메시지 전달됨", "전달된 메시지의 시작",
	"转发的邮件", "转发邮件", "已转发邮件", "转发的消息", "转发邮件信息", "已转发的邮件", "下面是被转发的邮件", "开始转发的邮件", "转发的信息", "转发消息", "开始转发邮件", "被转发邮件信息", "被转发的邮件",
	"轉寄的郵件", "轉寄郵件", "轉寄的訊息", "開始轉寄訊息", "開始轉寄郵件", "以下是轉寄的郵件", "轉寄信件", "轉寄訊息", "已轉寄的郵件", "轉發郵件", "轉寄的信件", "開始轉寄的訊息", "以下為轉寄郵件", "轉發的郵件",
	"अग्रेषित संदेश", "फ़ॉरवर्ड किया गया संदेश", "अग्रेषित मेल", "फ़ॉरवर्ड किया गया मैसेज", "अग्रेषित ईमेल",
	"missatge reenviat", "inici del missatge reenviat", "comença el missatge reenviat", "missatge remès", "birbidalitako mezua", "birbidalitako mezuaren hasiera", "mezu birbidalia", "mensaxe reenviada", "inicio da mensaxe reenviada", "teachtaireacht seolta ar aghaidh", "neges wedi'i hanfon ymlaen",
)

// originalPhrases stand alone on a line above a mail that is answered.
var originalPhrases = setOf(
	"original message", "original mail", "original email", "original e-mail", "original appointment", "reply message", "reply original message", "message original",
	"ursprüngliche nachricht", "originalnachricht", "original-nachricht", "original nachricht", "originale nachricht", "ursprungsnachricht", "ursprüngliche mail", "ursprüngliche e-mail", "originalmail", "original-mail", "originaltermin", "ursprünglicher termin",
	"message d'origine", "message d’origine", "message initial", "courriel d'origine", "courrier d'origine", "mail original", "rendez-vous d'origine", "e-mail d'origine",
	"mensaje original", "cita original", "correo original", "mensagem original", "compromisso original", "mensagem de origem", "e-mail original",
	"messaggio originale", "messaggio originario", "appuntamento originale", "messaggio di origine", "oorspronkelijk bericht", "origineel bericht", "oorspronkelijke bericht", "oorspronkelijke afspraak", "origineel mailbericht", "oorspronkelijke e-mail",
	"oprindelig meddelelse", "original meddelelse", "oprindelig besked", "opprinnelig melding", "opprinnelig e-post", "originalmelding", "original melding", "opphavleg melding", "ursprungligt meddelande", "originalmeddelande", "ursprungsmeddelande", "ursprungligt mejl", "ursprungligt e-postmeddelande",
	"alkuperäinen viesti", "upprunaleg skilaboð", "upphaflegt skeyti", "upprunalegt skeyti", "oryginalna wiadomość", "wiadomość oryginalna", "wiadomość pierwotna", "wiadomość źródłowa", "treść oryginalnej wiadomości", "oryginalny e-mail", "původní zpráva", "původní e-mail", "původní e-mailová zpráva", "pôvodná správa", "pôvodný e-mail",
	"eredeti üzenet", "eredeti levél", "eredeti e-mail", "mesaj original", "mesajul original", "mesajul inițial", "исходное сообщение", "оригинальное сообщение", "исходное письмо", "первоначальное сообщение", "оригинал сообщения", "оригинално съобщение", "оригинално писмо", "първоначално съобщение", "оригинальне повідомлення", "початкове повідомлення", "вихідне повідомлення", "вихідний лист", "оригинална порука", "изворна порука",
	"originalna poruka", "izvorna poruka", "prvobitna poruka", "originalni e-mail", "izvirno sporočilo", "originalno sporočilo", "algne kiri", "algne sõnum", "originaalkiri", "algkiri", "sākotnējais ziņojums", "oriģinālā ziņa", "sākotnējā ziņa", "sākotnējā vēstule", "oriģinālais ziņojums", "originalus laiškas", "pirminis laiškas", "pradinis laiškas", "originalus pranešimas", "pradinis pranešimas",
	"αρχικό μήνυμα", "πρωτότυπο μήνυμα", "orijinal mesaj", "özgün ileti", "özgün mesaj", "asıl ileti", "orijinal ileti", "orijinal e-posta", "i̇lk mesaj", "i̇leti aslı", "הודעה מקורית", "ההודעה המקורית", "הודעת המקור", "الرسالة الأصلية", "رسالة أصلية", "پیام اصلی", "پیام اصلى", "نامه اصلی", "ข้อความต้นฉบับ", "ข้อความเดิม", "จดหมายต้นฉบับ", "thư gốc", "tin nhắn gốc", "thông điệp gốc", "pesan asli", "mesej asal", "pesan awal",
	"元のメッセージ", "オリジナル メッセージ", "オリジナルメッセージ", "元のメール", "原信", "원본 메시지", "원본 메일", "원래 메시지", "원본메시지", "원본 메세지", "원본메일", "원본 이메일", "原始邮件", "原邮件", "原始消息", "邮件原件", "回复的原邮件", "回复的邮件", "原始郵件", "原始訊息", "原郵件", "原始信件", "原來的郵件", "原始信息", "मूल संदेश", "missatge original", "jatorrizko mezua", "mensaxe orixinal", "bunteachtaireacht", "neges wreiddiol",
)

// forwardPrefixes and replyPrefixes begin subjects, before a colon.
var (
	forwardPrefixes = setOf("vs", "fw", "fwd", "forward", "forwarded", "wg", "wtr", "tr", "i", "inoltra", "inoltro", "rv", "renv", "reenv", "reenviado", "reenviar", "enc", "res enc", "encam", "encaminhada",
		"doorst", "fs", "vb", "vl", "vidarebefordrat", "videresendt", "vidaresendt", "välitetty", "ed", "edelleen", "pd", "pdw", "przek", "podaj dalej", "přep", "předáno", "přeposlat", "továbbítva", "továbbítás", "továbbított", "tovább", "redir", "redirecționat", "înainte",
		"пересл", "переслать", "пересылка", "переслано", "пер", "препр", "препратено", "прослеђено", "proslijeđeno", "prosleđeno", "posr", "posredovano", "edasi", "edastatud", "pārs", "pārsūtīts", "persiųsta", "prs", "πρθ", "προώθ", "πρ", "προώθηση", "ilt", "iletilen", "yönl",
		"הועבר", "להעברה", "إعادة توجيه", "توجيه", "تحويل", "هدایت", "ส่งต่อ", "chuyển tiếp", "trs", "meneruskan", "terusan", "転送", "전달", "전송", "转发", "转寄", "轉寄", "轉發", "轉", "转", "अग्रेषित", "reenviat", "birbidali", "fv", "áfr", "προ", "tov", "pers")
	replyPrefixes = setOf("re", "r", "aw", "antw", "antwort", "antwoord", "rif", "res", "resp", "respuesta", "resposta", "sv", "svar", "vs", "vast", "odp", "odpowiedź", "odpověď", "odpoveď", "vá", "válasz", "răsp", "rasp", "răspuns", "ответ", "отв", "отг", "отговор", "відп", "відповідь", "одг", "odg", "odgovor", "vasta", "vastus", "atb", "atbilde", "ats", "απ", "απάντηση", "σχετ", "ynt", "yanıt", "cvp", "cevap",
		"תגובה", "השב", "תשובה", "رد", "ردّ", "پاسخ", "ตอบกลับ", "ตอบ", "trả lời", "tl", "bls", "balas", "返信", "回信", "답장", "회신", "답변", "回复", "答复", "回覆", "回應", "उत्तर", "erantz", "antwd", "réf", "rép", "الرد", "答覆")
)

// lower is strings.ToLower without the dot that it leaves over a Turkish İ.
func lower(s string) string { return strings.ReplaceAll(strings.ToLower(s), "i\u0307", "i") }

func setOf(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[lower(w)] = true
	}
	return m
}
