package bookings

// Place is an airport, by its IATA code, and the country around it.
type Place struct{ Airport, Country string }

// What members of a made-up membership book, from where to where, and how; read only. What is commoner stands in a list
// more than once. In a trip with two flights the second leads home.
var (
	Trips = [...][]string{
		{Flight, Hotel, Car, Flight},
		{Flight, Hotel, Flight},
		{Flight, Flight},
		{Hotel, Car},
		{Hotel},
		{Flight},
		{Car},
	}
	Homes = []Place{{"FRA", "DE"}, {"MUC", "DE"}, {"VIE", "AT"}, {"ZRH", "CH"}}
	Aways = []Place{
		{"LIS", "PT"},
		{"PMI", "ES"},
		{"ATH", "GR"},
		{"BKK", "TH"},
		{"HKT", "TH"},
		{"DPS", "ID"},
		{"SGN", "VN"},
		{"SIN", "SG"},
		{"NRT", "JP"},
	}
	Cabins   = []string{"economy", "economy", "economy", "economy", "economy", "economy", "economy", "premium", "premium", "business"}
	Channels = []string{"web", "web", "web", "web", "web", "app", "app", "app", "agent", "agent"}
	Parties  = []int{1, 1, 1, 2, 2, 2, 2, 3, 4, 5}
)
