//! The last lines of an instance's console: where it never joins, they are all there is to see.

use aws_smithy_types::base64;

use crate::cloud::AwsCloud;
use crate::failure::CallError;

/// Longest line that is shown, in characters.
const LINE: usize = 200;

impl AwsCloud {
    /// The last lines of the console, at most `most`; none when EC2 has nothing yet. EC2 keeps them for an hour after
    /// the instance's end (EC2: `GetConsoleOutput`).
    pub async fn console(&self, instance: &str, most: usize) -> Result<Vec<String>, CallError> {
        let asked = vec![("InstanceId".to_owned(), instance.to_owned())];
        let answer = self.aws.ec2.call("GetConsoleOutput", asked).await?;
        let output = answer.text("output").unwrap_or_default();
        let bytes = base64::decode(output).unwrap_or_default();
        Ok(last_lines(&String::from_utf8_lossy(&bytes), most))
    }
}

/// The last lines with text in them, without what a terminal would take for commands.
fn last_lines(text: &str, most: usize) -> Vec<String> {
    let plain =
        |line: &str| -> String { line.chars().filter(|letter| !letter.is_control()).take(LINE).collect() };
    let mut lines: Vec<String> =
        text.lines().rev().map(plain).filter(|line| !line.trim().is_empty()).take(most).collect();
    lines.reverse();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_without_control_characters() {
        let text = "first\r\n\u{1b}[31mnodeadm: no bootstrap\u{7}\n\n  \nlast\n";
        assert_eq!(last_lines(text, 2), ["[31mnodeadm: no bootstrap", "last"]);
        assert_eq!(last_lines("", 3), Vec::<String>::new());
    }
}
