{
  "targets": [{ "target_name": "pollux", "includes": ["pollux.gypi"] }]
}
