package notice

// exactHard are the status codes (RFC 3463, RFC 7504, RFC 7505 and those of
// Exchange) that mean one thing only: nobody is there. Most other 5.x.x codes
// are used for anything.
var exactHard = map[string]bool{
	"5.1.1": true, "5.1.2": true, "5.1.3": true, "5.1.6": true, "5.1.10": true, "5.1.351": true,
	"5.2.1": true, "5.4.4": true, "5.7.27": true, "5.4.310": true, "5.7.17": true, "5.1.16": true,
}

// statusClasses judge status codes where nothing else is said; the first row
// that begins alike decides.
var statusClasses = []struct {
	prefix string
	class  Class
}{
	{"5.1.7", Block}, {"5.1.8", Block}, // of the sender's address
	{"4.1.7", Block}, {"4.1.8", Block},
	{"5.7.13", Soft}, // account disabled
	{"5.7.", Block}, {"4.7.", Block},
	{"5.5.", Block}, // the dialog
	{"5.6.", Block}, // the content
	{"4.", Soft},
	{"5.2.", Soft}, {"5.3.", Soft}, {"5.4.", Soft},
}

// stageWords are how mail systems name the command that was refused.
var stageWords = []struct {
	words string
	stage stage
}{
	{"in reply to end of data", stageData}, {"in reply to data", stageData}, {"after end of data", stageData},
	{"end of data:", stageData}, {"after data", stageData}, {"final data", stageData}, {"for text command", stageData},
	{"after text", stageData}, {"step: data", stageData}, {"smtp command data", stageData},
	{"smtp:data", stageData}, {"after i sent the message", stageData}, {"after pipelined end of data", stageData},
	{"after sending data", stageData}, {"response to end of data", stageData}, {">>> data", stageData}, {"did not like our data", stageData},
	{"in reply to rcpt", stageRecipient}, {"after rcpt", stageRecipient}, {"rcpt to", stageRecipient}, {"for rcpt command", stageRecipient},
	{"smtp:rcpt", stageRecipient}, {"step: rcpt", stageRecipient}, {"smtp command rcpt", stageRecipient}, {"does not like recipient", stageRecipient},
	{"recipient address rejected", stageRecipient}, {"rejected address", stageRecipient},
	{"did not like our rcpt", stageRecipient}, {"after pipelined rcpt", stageRecipient},
	{"in reply to mail from", stageSender}, {"after mail from", stageSender}, {"for mail command", stageSender}, {"does not like sender", stageSender},
	{"after sender", stageSender}, {"mail from:<", stageSender}, {"smtp:mail", stageSender}, {"after pipelined mail", stageSender},
	{"did not like our mail from", stageSender}, {"step: mail", stageSender}, {"smtp command mail", stageSender},
	{"in reply to helo", stageGreeting}, {"in reply to ehlo", stageGreeting}, {"after initial connection", stageGreeting}, {"after helo", stageGreeting},
	{"after ehlo", stageGreeting}, {"for initial", stageGreeting}, {"while performing the helo", stageGreeting}, {"while performing the ehlo", stageGreeting},
	{"refused to talk to me", stageGreeting}, {"connected to", stageUnknown}, {"smtp:ehlo", stageGreeting}, {"smtp:helo", stageGreeting}, {"in reply to starttls", stageGreeting},
}

// daemonNames are parts of the local parts that mail systems write under.
var daemonNames = []string{
	"mailer-daemon", "mailerdaemon", "mailer_daemon", "postmaster", "post_master", "post-master", "poostmaster", "mail-daemon",
	"maildaemon", "mailadm", "mail-adm", "mail.delivery", "mail-delivery", "maildelivery", "delivery-system", "smtp_mail_service", "mmdf",
	"bounce-notification", "mdaemon",
}

// daemonTitles are parts of the names that mail systems write under.
var daemonTitles = []string{
	"mail delivery", "delivery system", "delivery subsystem", "mail deliver system", "mailer-daemon", "mailer daemon", "mail administrator", "mail system",
	"delivery notification", "postmaster", "content-filter", "ndr administrator", "system administrator", "systemadministrator", "internet mail service",
	"microsoft outlook", "administrador del sistema", "administrateur système",
}

// answerPrefixes begin the subject of an answer or of a forwarded mail.
var answerPrefixes = []string{
	"re", "fwd", "fw", "aw", "wg", "antw", "sv", "vs", "vb", "tr", "rv", "rif", "i", "r", "odp", "pd", "enc", "res", "doorst", "vl", "vá", "továbbítás",
	"ynt", "ilt", "отв", "ha", "на", "пересл", "fwd:", "答复", "回复", "转发", "回覆", "轉寄", "转寄", "返信", "転送", "회신", "전달", "atb", "ant", "tr", "rép", "ref", "nav",
	"απ", "πρθ", "تحويل", "رد", "השב", "הועבר", "bls", "trs", "hl", "fs", "odpověď", "předáno",
}

// greetings begin letters.
var greetings = []string{
	"hi ", "hello", "hey", "dear ", "good morning", "good day", "guten tag", "hallo", "liebe", "sehr geehrte", "moin", "servus", "bonjour", "madame", "cher", "salut", "hola", "estimad", "buenos", "buenas", "olá", "ola ", "bom dia", "boa tarde", "prezad", "caro", "ciao", "buongiorno", "salve", "gentile",
	"beste", "geachte", "hej", "hei ", "god dag", "kære", "kjære", "dzień dobry", "szanown", "witam", "dobrý den", "vážen", "jó napot", "tisztelt", "bună", "stimat", "здравствуйте", "добрый день", "уважаем", "привет", "добрий день", "шановн", "γεια", "αγαπητ", "merhaba", "sayın", "你好", "您好", "尊敬", "こんにちは", "お世話", "いつも", "안녕", "مرحبا", "שלום", "สวัสดี", "xin chào", "kính", "halo", "yth",
}
