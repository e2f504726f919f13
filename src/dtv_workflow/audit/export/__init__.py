"""The log in other people's forms: OCEL 2.0, XES, PROV-JSON, CloudEvents. Pseudonymised, and never anything sealed."""
