package notice

import (
	"testing"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

// covers: P06
func TestAnswers(t *testing.T) {
	const answered = "In-Reply-To: <m1@desk.example>\n"
	for _, c := range []struct {
		name   string
		header string
		text   string
		want   Kind
	}{
		{"person", answered + "Subject: Re: hello", "Thanks!", Message},
		{"person on holiday soon", answered + "Subject: Re: hello", "I will be out of office next week.", Message},
		{"person who quotes", answered + "Subject: Re: Automatic reply: hello", "Thanks for the note.", Message},
		{"person about absences", "Subject: Out of office messages do not work", "How do I set one up?", Message},
		{"person with a client that suppresses", answered + "X-Auto-Response-Suppress: OOF\nSubject: Re: hello", "Thanks!", Message},
		{"auto-submitted no", answered + "Auto-Submitted: no\nSubject: Re: hello", "Thanks!", Message},
		{"notification", "Auto-Submitted: auto-generated\nSubject: Your order", "It was sent.", Message},
		{"answering program", answered + "Auto-Submitted: auto-replied\nSubject: Re: hello", "We got it.", AutoReply},
		{"old program", "X-Autoreply: yes\nSubject: Re: hello", "We got it.", AutoReply},
		{"precedence", "Precedence: auto_reply\nSubject: Re: hello", "We got it.", AutoReply},
		{"subject", "Subject: Automatic reply: hello", "We got it.", AutoReply},
		{"null sender", answered + "Return-Path: <>\nSubject: Re: hello", "We got it.", AutoReply},
		{"vacation", answered + "Auto-Submitted: auto-replied (vacation)\nSubject: Re: hello", "Zzz", OutOfOffice},
		{"vacation program", "X-Mailer: vacation 1.2\nSubject: Re: hello", "Zzz", OutOfOffice},
		{"English", answered + "Auto-Submitted: auto-replied\nSubject: Re: hello", "I’m out of the office until Monday.", OutOfOffice},
		{"German", "X-Autoreply: yes\nSubject: Re: hello", "Ich bin bis Montag nicht im Büro.", OutOfOffice},
		{"French", "X-Autoreply: yes\nSubject: Re: hello", "Je suis absent du bureau.", OutOfOffice},
		{"Spanish", "X-Autoreply: yes\nSubject: Re: hello", "Estoy de vacaciones.", OutOfOffice},
		{"Portuguese", "X-Autoreply: yes\nSubject: Re: hello", "Estou de férias.", OutOfOffice},
		{"Italian", "X-Autoreply: yes\nSubject: Re: hello", "Sono in ferie.", OutOfOffice},
		{"Dutch", "X-Autoreply: yes\nSubject: Re: hello", "Ik ben afwezig.", OutOfOffice},
		{"Swedish", "X-Autoreply: yes\nSubject: Re: hello", "Jag är på semester.", OutOfOffice},
		{"Danish", "X-Autoreply: yes\nSubject: Re: hello", "Jeg er på ferie.", OutOfOffice},
		{"Finnish", "X-Autoreply: yes\nSubject: Re: hello", "Olen lomalla.", OutOfOffice},
		{"Polish", "X-Autoreply: yes\nSubject: Re: hello", "Jestem na urlopie.", OutOfOffice},
		{"Czech", "X-Autoreply: yes\nSubject: Re: hello", "Jsem na dovolené.", OutOfOffice},
		{"Slovak", "X-Autoreply: yes\nSubject: Re: hello", "Som na dovolenke.", OutOfOffice},
		{"Hungarian", "X-Autoreply: yes\nSubject: Re: hello", "Szabadságon vagyok.", OutOfOffice},
		{"Romanian", "X-Autoreply: yes\nSubject: Re: hello", "Sunt în concediu.", OutOfOffice},
		{"Russian", "X-Autoreply: yes\nSubject: Re: hello", "Я в отпуске.", OutOfOffice},
		{"Ukrainian", "X-Autoreply: yes\nSubject: Re: hello", "Я у відпустці.", OutOfOffice},
		{"Bulgarian", "X-Autoreply: yes\nSubject: Re: hello", "Аз съм извън офиса.", OutOfOffice},
		{"Greek", "X-Autoreply: yes\nSubject: Re: hello", "Απουσιάζω από το γραφείο.", OutOfOffice},
		{"Turkish", "X-Autoreply: yes\nSubject: Re: hello", "Şu anda ofis dışındayım.", OutOfOffice},
		{"Chinese", "X-Autoreply: yes\nSubject: Re: hello", "我目前不在办公室。", OutOfOffice},
		{"Japanese", "X-Autoreply: yes\nSubject: Re: hello", "ただいま休暇をいただいております。", OutOfOffice},
		{"Korean", "X-Autoreply: yes\nSubject: Re: hello", "휴가 중입니다.", OutOfOffice},
		{"Arabic", "X-Autoreply: yes\nSubject: Re: hello", "أنا خارج المكتب.", OutOfOffice},
		{"Hebrew", "X-Autoreply: yes\nSubject: Re: hello", "אני מחוץ למשרד.", OutOfOffice},
		{"Thai", "X-Autoreply: yes\nSubject: Re: hello", "ขณะนี้ไม่อยู่ที่สำนักงาน", OutOfOffice},
		{"Vietnamese", "X-Autoreply: yes\nSubject: Re: hello", "Tôi đang nghỉ phép.", OutOfOffice},
		{"Croatian", "X-Autoreply: yes\nSubject: Re: hello", "Na godišnjem sam odmoru.", OutOfOffice},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := Read(eml.Read([]byte("From: Alice <alice@customer.example>\nContent-Type: text/plain; charset=utf-8\n" + c.header + "\n\n" + c.text + "\n")))
			if n.Kind != c.want {
				t.Errorf("kind = %s, want %s: %s", n.Kind, c.want, n.Reason)
			}
			if n.Recipients != nil {
				t.Errorf("recipients %v", n.Recipients)
			}
		})
	}
}
