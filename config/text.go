package config

import "strings"

// LocalizedText is a text in one or more languages.
// +kubebuilder:object:generate=true
type LocalizedText struct {
	// default is shown to readers of every language that has no translation.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2000
	Default string `json:"default"`

	// translations are the same text in other languages.
	// +optional
	// +listType=map
	// +listMapKey=locale
	// +kubebuilder:validation:MaxItems=32
	Translations []Translation `json:"translations,omitempty"`
}

// Translation is a text in one language.
// +kubebuilder:object:generate=true
type Translation struct {
	// locale is the language as a BCP 47 tag, such as de, pt-BR or zh-Hant.
	// +required
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:Pattern=`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`
	Locale string `json:"locale"`

	// text is the translation.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2000
	Text string `json:"text"`
}

// For returns the text for a reader of locale: the translation into it, else
// into the wider language (de for de-AT), else the default. A nil text is "".
func (t *LocalizedText) For(locale string) string {
	if t == nil {
		return ""
	}
	for locale != "" {
		for _, translation := range t.Translations {
			if translation.Locale == locale {
				return translation.Text
			}
		}
		locale = locale[:max(strings.LastIndexByte(locale, '-'), 0)]
	}
	return t.Default
}

// LocalReference names an object of the same namespace.
// +kubebuilder:object:generate=true
type LocalReference struct {
	// name of the object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Name string `json:"name"`
}

// SecretReference names one entry of a Secret of the same namespace. Without
// Kubernetes it names the file NAMESPACE/NAME/KEY in the daemon's folder of secrets.
// +kubebuilder:object:generate=true
type SecretReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`
	Name string `json:"name"`

	// key is the entry of the Secret; the field that refers to it tells the
	// default.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9._-]*$`
	Key string `json:"key,omitempty"`
}
