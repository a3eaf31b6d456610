"""Find log objects and open them: local files, S3, SQS notifications."""
