// Asks the store through clickhouse-go over HTTP, as Grafana's data source does. Reads JSON lines {"name", "sql"} and writes, for each, a line {"name", "rows", "sums"}: what each column
// comes to, of numbers the sum, of times the seconds since 1970, of texts the bytes, of arrays the elements. An error stands in "error".
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"reflect"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

type question struct {
	Name string `json:"name"`
	SQL  string `json:"sql"`
}

type answer struct {
	Name  string             `json:"name"`
	Rows  int                `json:"rows"`
	Sums  map[string]float64 `json:"sums"`
	Error string             `json:"error,omitempty"`
}

func main() {
	// The options are those of the data source over HTTP.
	db := clickhouse.OpenDB(&clickhouse.Options{
		Protocol: clickhouse.HTTP,
		Addr:     []string{os.Getenv("STORE_ADDRESS")},
		Auth: clickhouse.Auth{
			Database: "flows",
			Username: os.Getenv("STORE_USER"),
			Password: os.Getenv("STORE_PASSWORD"),
		},
		Compression: &clickhouse.Compression{Method: clickhouse.CompressionGZIP},
		DialTimeout: 10 * time.Second,
		ReadTimeout: 60 * time.Second,
	})
	defer db.Close()
	if err := db.PingContext(context.Background()); err != nil {
		log.Fatalf("ping: %v", err)
	}
	questions := json.NewDecoder(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		var asked question
		if err := questions.Decode(&asked); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			log.Fatalf("a question: %v", err)
		}
		told := answer{Name: asked.Name, Sums: map[string]float64{}}
		if err := ask(db, asked.SQL, &told); err != nil {
			told.Error = err.Error()
		}
		if err := answers.Encode(told); err != nil {
			log.Fatalf("an answer: %v", err)
		}
	}
}

func ask(db *sql.DB, query string, told *answer) error {
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]any, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		for i, value := range values {
			told.Sums[columns[i]] += amount(value)
		}
		told.Rows++
	}
	return rows.Err()
}

func amount(value any) float64 {
	if at, ok := value.(time.Time); ok {
		return float64(at.UnixMilli()) / 1000
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return float64(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return float64(v.Uint())
	case reflect.Float32, reflect.Float64:
		return v.Float()
	case reflect.String, reflect.Slice, reflect.Map:
		return float64(v.Len())
	case reflect.Pointer:
		if !v.IsNil() {
			return amount(v.Elem().Interface())
		}
	}
	return 0
}
