package receipt

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Entry is a journal's entry for people: a JSON object of the fields that are set, in the order the ledger has them.
type Entry = json.RawMessage

// readable writes an entry for people. It goes by the entry's own fields, so that none can be forgotten here.
func readable(e dollars.Entry) Entry {
	var b bytes.Buffer
	appendValue(&b, reflect.ValueOf(e))
	return b.Bytes()
}

func appendValue(b *bytes.Buffer, v reflect.Value) {
	if text, ok := v.Interface().(fmt.Stringer); ok {
		appendText(b, text.String())
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		appendStruct(b, v)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			appendText(b, "0x"+hex.EncodeToString(bytesOf(v)))
			return
		}
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			appendValue(b, v.Index(i))
		}
		b.WriteByte(']')
	case reflect.String:
		appendText(b, v.String())
	default: // numbers and truth
		fmt.Fprint(b, v.Interface())
	}
}

func appendStruct(b *bytes.Buffer, v reflect.Value) {
	b.WriteByte('{')
	first := true
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || v.Field(i).IsZero() || v.Field(i).Kind() == reflect.Slice && v.Field(i).Len() == 0 {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		appendText(b, lowered(field.Name))
		b.WriteByte(':')
		appendValue(b, v.Field(i))
	}
	b.WriteByte('}')
}

func bytesOf(v reflect.Value) []byte {
	raw := make([]byte, v.Len())
	for i := range raw {
		raw[i] = byte(v.Index(i).Uint())
	}
	return raw
}

func appendText(b *bytes.Buffer, text string) {
	quoted, _ := json.Marshal(text) // a text always encodes
	b.Write(quoted)
}

// lowered is a field's name as JSON has names: ID becomes id, and From from.
func lowered(name string) string {
	if strings.ToUpper(name) == name {
		return strings.ToLower(name)
	}
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(first)) + name[size:]
}
