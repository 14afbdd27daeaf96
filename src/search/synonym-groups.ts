/** Different spellings of one thing: abbreviations, short forms, brands that stand for their kind. One line is one thing. */
export const SAME = `
  repo repository
  pr pull
  mr merge
  k8s kubernetes kubectl
  db database
  vm virtual
  dir folder directory
  doc docs document
  docx word
  xlsx xls excel
  ppt pptx powerpoint presentation slides deck
  spreadsheet sheet workbook
  img image picture pic photo
  app application
  config configuration
  env environment
  param parameter
  auth authentication
  authz authorization
  admin administrator
  org organization organisation
  dept department
  info information
  msg message
  dm message
  sms text
  mail email
  tz timezone
  geo location
  coords coordinates
  lat latitude
  lng lon longitude
  temp temperature
  fx forex currency
  crypto cryptocurrency
  btc bitcoin
  eth ethereum
  stat stats statistic
  calc calculate compute calculation
  math arithmetic
  num number
  diff difference compare comparison
  sync synchronize synchronise
  translate translation
  summarize summarise summary
  analyze analyse analysis
  visualize visualise visualization visualisation
  optimize optimise
  ocr recognize
  tts speech
  stt transcribe transcript transcription
  ai llm
  js javascript
  ts typescript
  py python
  pg postgres postgresql
  mongo mongodb
  redis cache
  s3 bucket
  ec2 instance
  gh github
  gcal calendar
  gdrive drive
  yt youtube
  wiki wikipedia
  arxiv paper
  ssl tls certificate cert
  ip address
  url uri link
  http request
  html webpage
  cli command
  cmd command
  exec execute
  func function
  lib library
  pkg package
  dep dependency
  ver version
  ci pipeline
  cd deployment
  qa test
  sec security
  vuln vulnerability cve
  ml model
  tx transaction
  acct account
  id identifier
  faq question
  todo task
  cal calendar
  etf fund
  ipo listing
  dns domain
  hr employee
  crm lead
  seo keyword
  api endpoint
  ls list
  rm delete
  mv move
  cp copy
  grep search
  mkdir directory
  sku product
  rag retrieval
  cat read
  gz gzip
  env environ
  ping echo
`;

/** Words that tools use for nearly the same intent or thing; weaker evidence than another spelling. */
export const NEAR = `
  create add new make insert provision generate
  delete remove drop destroy erase purge uninstall clear
  list show enumerate browse display view all
  get fetch retrieve read show view describe obtain info detail details
  search find query lookup look locate discover
  update modify edit change set alter patch adjust rename
  send post publish deliver share
  run execute invoke launch start call trigger
  stop halt terminate kill end cancel abort
  pause suspend
  resume continue unpause
  restart reboot reset
  move relocate transfer migrate
  copy duplicate clone
  enable activate
  disable deactivate
  approve accept
  reject decline deny
  subscribe follow
  unsubscribe unfollow
  check verify validate inspect
  count number total
  compare diff versus
  download save export
  upload import attach
  convert transform format
  compress zip archive
  extract unzip unpack parse
  encrypt decrypt cipher
  join merge combine concatenate
  split divide separate
  resize crop scale
  sort order rank
  filter narrow
  assign allocate
  invite member
  comment reply respond
  like react reaction
  schedule plan book
  book reserve reservation booking
  buy purchase order
  pay payment checkout invoice
  refund chargeback
  install setup
  deploy deployment release rollout
  build compile
  test testing
  debug diagnose troubleshoot
  fix repair resolve
  monitor metric metrics monitoring
  explain describe
  summarize digest abstract
  write save append
  draw paint sketch
  render screenshot capture
  scrape crawl extract
  navigate visit open goto
  click press tap
  type fill enter input
  compute calculate calculation math
  estimate predict forecast
  remember store save memorize memory
  recall remember memory
  email mail gmail inbox outlook
  message chat dm sms text
  channel room conversation
  thread discussion
  contact person people
  user account member profile
  team group
  employee staff worker
  customer client
  picture image photo img screenshot
  icon logo
  document doc docx word
  pdf document
  spreadsheet excel xlsx sheet csv workbook
  cell range
  presentation powerpoint ppt slide
  calendar schedule event meeting appointment agenda
  free availability available
  task todo reminder
  note memo
  file path
  content contents text
  branch ref
  commit revision changeset
  issue ticket bug
  project board workspace
  sprint iteration
  label tag
  milestone goal
  workflow pipeline action
  job run
  website webpage page site url web
  browser tab page
  html markup
  link hyperlink url
  database db sql table
  row record entry
  column field attribute
  schema structure
  collection table
  index indexes
  container docker
  image registry
  pod deployment
  cluster node
  instance vm machine host
  server host
  serverless lambda function
  storage bucket blob
  queue topic
  secret credential key password
  token key
  permission role access
  policy rule
  log logs trace
  error exception failure crash
  alert alarm notification
  notify notification push
  incident outage
  cost billing spend
  usage consumption
  quota limit
  subscription plan
  weather forecast temperature climate rain
  time clock date now
  day date
  holiday vacation
  almanac lunar
  stock ticker share equity
  price cost quote rate pricing
  market exchange
  dividend earnings
  portfolio holdings position
  crypto cryptocurrency bitcoin coin token
  wallet address balance
  balance funds
  money currency exchange
  bank account
  loan mortgage
  tax vat
  news headline
  article post blog
  trending trend hot popular
  paper article publication arxiv literature
  citation reference bibliography
  author writer
  book novel
  song track music audio
  playlist album
  artist singer musician band
  lyrics song
  podcast episode
  video clip youtube
  subtitle caption transcript
  movie film
  series show episode
  actor cast
  game gaming
  player athlete
  match fixture
  score result
  location place address geo geocode coordinates
  nearby around near
  map maps
  route direction directions navigation
  distance far
  restaurant dining food
  recipe cook cooking meal dish
  ingredient food
  nutrition calorie diet
  hotel accommodation lodging airbnb
  flight airline plane
  airport flight
  train railway rail
  station stop
  ticket booking
  trip travel itinerary tour
  car vehicle auto
  house home property apartment
  rent rental lease
  job career hiring vacancy
  resume cv
  product item goods
  shop store
  cart basket
  review rating feedback
  shipment delivery parcel package tracking
  health medical disease clinical
  drug medication medicine
  symptom diagnosis
  patient person
  exercise workout fitness
  gene variant protein
  molecule compound chemical
  species animal
  planet space astronomy
  earthquake seismic
  chart graph plot diagram visualization
  mindmap diagram
  report summary
  dashboard report
  survey poll form questionnaire
  quiz question trivia
  joke fun
  fact trivia
  quote saying
  dictionary definition meaning word
  language locale
  grammar spelling
  random generate
  hash checksum digest
  regex pattern
  voice speech audio
  advertisement ad campaign
  sentiment opinion
  company business firm
  law legal regulation
  school university college
  course lesson class
  student learner
  plus sum addition add
  minus subtract subtraction
  times multiply multiplication product
  connect link relate relation relationship connection
  unlink detach disconnect delete remove
  forget delete remove
  record register save store add
  replace swap substitute edit overwrite
  put write place
  append add extend
  load open read
  dump print output export
  repeat echo
  reason reasoning think thought
  entity node vertex
  edge relation
  fact observation
  byte size
  disk filesystem storage
  layout structure hierarchy tree
  several multiple batch bulk
  allowed permitted accessible
  property attribute metadata info
  fake simulate simulated mock pretend
  toggle switch enable disable
  progress status
  slow long
`;
