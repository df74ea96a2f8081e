// Judges models with Microsoft's DTDL parser: reads a JSON file of texts, prints its version and a verdict for each.
import { readFileSync } from 'node:fs'
import { getInterop } from '@digicatapult/dtdl-parser'

const parser = await getInterop()

function judge(text) {
  try {
    parser.parse(text)
    return 'valid'
  } catch (error) {
    let told
    try {
      told = JSON.parse(error.message)
    } catch {
      return `crash: ${error.message.split('\n')[0].slice(0, 80)}`
    }
    if (told.ExceptionKind === 'Resolution') return 'incomplete'
    const codes = told.Errors.map((each) => each.ValidationID.split(':').pop())
    return `invalid: ${[...new Set(codes)].sort().join(' ')}`
  }
}

const texts = JSON.parse(readFileSync(process.argv[2], 'utf8'))
process.stdout.write(JSON.stringify({ parser: parser.parserVersion(), verdicts: texts.map(judge) }))
process.exit(0)
